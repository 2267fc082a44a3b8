import { setImmediate as microtasksDone } from 'node:timers/promises'

/** Whoever calls the outside world: a publisher, a host, an operator. */
export type Actor = {
  readonly name: string
  paused: boolean
  /** Turns until it freezes for ever, as a function whose machine is taken away; null for one that lives on. */
  left: number | null
}

export type Waiting = { readonly actor: Actor; readonly what: string }

/** Lets the calls of many actors happen one at a time, in an order that a seed decides. */
export type Turns = {
  /** Waits for a turn, carries the call out in it, and waits for another turn before its answer is seen. */
  readonly call: <T>(actor: Actor, what: string, effect: () => T | Promise<T>) => Promise<T>
  /** Gives one turn to one of those who wait and may move; false if there is none. */
  readonly step: (may?: (waiting: Waiting) => boolean) => Promise<boolean>
  readonly waiting: () => readonly Waiting[]
}

type Entry = Waiting & { readonly run: () => Promise<void>; readonly resume: () => void }

export function createTurns(random: () => number): Turns {
  let entries: Entry[] = []

  function turn(actor: Actor, what: string, run: () => Promise<void>): Promise<void> {
    return new Promise((resume) => void entries.push({ actor, what, run, resume }))
  }

  async function call<T>(actor: Actor, what: string, effect: () => T | Promise<T>): Promise<T> {
    const outcome = Promise.withResolvers<T>()
    outcome.promise.catch(() => {})
    await turn(actor, what, async () => {
      await Promise.resolve().then(effect).then(outcome.resolve, outcome.reject)
    })
    await turn(actor, `${what}: answer`, async () => {})
    return outcome.promise
  }

  async function step(may: (waiting: Waiting) => boolean = () => true): Promise<boolean> {
    const able = entries.filter((entry) => canMove(entry.actor) && may(entry))
    const chosen = able[Math.floor(random() * able.length)]
    if (chosen === undefined) return false
    entries = entries.filter((entry) => entry !== chosen)
    if (chosen.actor.left !== null) chosen.actor.left -= 1
    await chosen.run()
    chosen.resume()
    await microtasksDone()
    return true
  }

  return { call, step, waiting: () => entries }
}

export function createActor(name: string): Actor {
  return { name, paused: false, left: null }
}

function canMove({ paused, left }: Actor): boolean {
  return !paused && left !== 0
}

/** A small generator of numbers in [0, 1) that gives the same ones for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
