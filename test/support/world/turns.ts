/** What goes wrong at one outside call of an invocation, counted from 0. */
export type Trouble = {
  readonly call: number
  /** `crash`: the process is dead from then on; `fail`: the call is refused for now; both before or after it took effect. */
  readonly kind: 'crash' | 'fail'
  readonly after: boolean
}

/** One run of a handler: every call that it makes outside waits for its turn here. */
export type Run = {
  /** Waits for the first turn: invocations don't begin at the very same moment. */
  readonly begin: () => Promise<void>
  readonly outside: <T>(what: string, call: () => Promise<T>) => Promise<T>
  readonly crashed: () => boolean
}

export class Crash extends Error {}

type Waiting = { readonly run: number; readonly go: () => void }

/**
 * Lets several invocations take turns at their outside calls, in an order that numbers choose: everything between two calls of one
 * invocation happens at once, and between them anything of the others may.
 */
export function createTurns(tick: () => void) {
  const waiting: Waiting[] = []
  let runs = 0
  let inFlight = 0

  async function carryOut<T>(call: () => Promise<T>): Promise<T> {
    inFlight += 1
    return call().finally(() => {
      inFlight -= 1
    })
  }

  function open(trouble: Trouble | null, failure: (what: string) => Error): Run {
    const own = runs++
    let calls = 0
    let dead = false
    const turn = () => new Promise<void>((go) => waiting.push({ run: own, go }))
    return {
      begin: async () => {
        await turn()
        tick()
      },
      crashed: () => dead,
      outside: async (what, call) => {
        await turn()
        if (dead) throw new Crash()
        tick()
        const hit = trouble !== null && trouble.call === calls ? trouble : null
        calls += 1
        if (hit === null) return carryOut(call)
        if (hit.after) await carryOut(call)
        if (hit.kind === 'fail') throw failure(what)
        dead = true
        throw new Crash()
      },
    }
  }

  /** Gives turns until nobody waits any more; `order` is repeated as often as it is needed, and `before` told of each turn. */
  async function play(order: readonly number[], before: (turn: number) => void = () => {}): Promise<void> {
    for (let turn = 0; ; turn++) {
      do await new Promise(setImmediate)
      while (inFlight > 0)
      if (waiting.length === 0) return
      before(turn)
      const chosen = (order[turn % Math.max(1, order.length)] ?? 0) % waiting.length
      const [next] = waiting.splice(chosen, 1)
      next?.go()
    }
  }

  return { open, play }
}
