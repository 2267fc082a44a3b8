import { setTimeout as wait } from 'node:timers/promises'
import { type Bucket, fullBucket, type Rate, take } from '../core/pace/bucket.ts'

/** Carries out a call when its turn has come. */
export type Paced = <T>(call: () => Promise<T>) => Promise<T>

export type PaceClock = { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> }

const systemClock: PaceClock = {
  now: () => performance.now(),
  sleep: async (ms) => {
    await wait(ms)
  },
}

/** For calls that nobody has to hold back. */
export const unpaced: Paced = (call) => call()

/** Holds calls back, in their order, so that no more than the rate allows are made in this process. */
export function createPace(rate: Rate, clock: PaceClock = systemClock): Paced {
  let bucket: Bucket = fullBucket(rate, clock.now())
  return async (call) => {
    const taken = take(bucket, rate, clock.now())
    bucket = taken.bucket
    if (taken.waitMs > 0) await clock.sleep(taken.waitMs)
    return call()
  }
}
