/** Sends at once, or a little later where much is going on. */
export type Pace = { arrived(): void; send(bytes: number, send: () => void): void; stop(): void }

/** Bytes of lists per tick, some thirty servers: nginx asks for two addresses of each, and its socket holds 277 answers. */
const bytesPerTick = 1_000
const tickMs = 1

/** As many questions within a tick mean that those about the last lists are still coming. */
const busy = 40

type Held = { readonly bytes: number; readonly send: () => void }

/**
 * Gives lists out no faster than the questions that follow from them are answered. After a reload nginx asks for all lists at once; were they all
 * answered at once, it would send more questions than sockets hold, and repeats a lost one after 5 s only.
 */
export function createPace(): Pace {
  const held: Held[] = []
  let timer: NodeJS.Timeout | null = null
  let questions = 0
  let given = 0

  const give = ({ bytes, send }: Held) => {
    given += bytes
    timer ??= setTimeout(tick, tickMs)
    send()
  }

  function tick(): void {
    timer = null
    given = 0
    const isBusy = questions > busy
    questions = 0
    while (!isBusy && given < bytesPerTick) {
      const next = held.shift()
      if (next === undefined) return
      give(next)
    }
    timer ??= setTimeout(tick, tickMs)
  }

  return {
    arrived() {
      questions += 1
    },
    send(bytes, send) {
      if (held.length === 0 && given < bytesPerTick) give({ bytes, send })
      else held.push({ bytes, send })
    },
    stop() {
      if (timer !== null) clearTimeout(timer)
      held.length = 0
    },
  }
}
