/** Sends at once, or a little later where much is going on. */
export type Pace = { arrived(): void; send(bytes: number, send: () => void): void; stop(): void }

/** Bytes of lists per tick, some twenty-five servers: nginx asks for two addresses of each, and a socket holds 277 questions by default. */
const bytesPerTick = 1_000
const tickMs = 1

/** More questions within a tick mean that those about the last lists are still coming. */
const quiet = 4
/** So long at most, whoever asks. */
const longestHold = 10

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
  let ticks = 0

  const give = ({ bytes, send }: Held) => {
    given += bytes
    timer ??= setTimeout(tick, tickMs)
    send()
  }

  function tick(): void {
    timer = null
    given = 0
    ticks = questions > quiet && ticks < longestHold ? ticks + 1 : 0
    questions = 0
    while (ticks === 0 && given < bytesPerTick) {
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
