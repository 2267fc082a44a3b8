import { generateKeyPairSync } from 'node:crypto'
import { mock } from 'node:test'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { openReleases } from '../../../adapters/releases.ts'
import { createLocalSigner } from '../../../adapters/signer.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { readPublicKeys, type VerificationKey } from '../../../core/release/verify-pointer.ts'
import type { ReleaseStore } from '../../../functions/publish/channel.ts'
import { type Bucket, openBucket } from './bucket.ts'
import { createLock, type Lock } from './lock.ts'
import { createTruth, type Truth } from './truth.ts'
import { type Actor, createTurns, randomOf, type Turns, type Waiting } from './turns.ts'

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** One bucket, one Consul and one clock, which moves only when it is told to. */
export type World = {
  readonly turns: Turns
  readonly bucket: Bucket
  readonly truth: Truth
  readonly lock: Lock
  readonly signer: ReturnType<typeof createLocalSigner>
  readonly keys: readonly VerificationKey[]
  readonly now: () => number
  readonly random: () => number
  /** The bucket as one actor sees it: every request waits for its turn. */
  readonly releasesOf: (actor: Actor) => ReleaseStore
  /** The answer to the next request that moves the pointer is lost on its way. */
  readonly loseAnswer: () => void
  /** From now on, or no longer, no request to the bucket is answered. */
  readonly bucketAway: (isAway: boolean) => void
  /** Gives turns, of a millisecond each, until nobody can move or so many were given. */
  readonly run: (turns?: number, may?: (waiting: Waiting) => boolean) => Promise<void>
  /** Lets time pass in small steps, in each of which everybody gets as far as they can. */
  readonly pass: (ms: number, may?: (waiting: Waiting) => boolean) => Promise<void>
  /** Called when the world ends: what goes on in it then would go on by the real clock. */
  readonly onClose: (end: () => void) => void
  readonly close: () => Promise<void>
}

/** A lock that is `broken` is everybody's at once: nothing may rely on it. */
export function openWorld(seed: number, { lock = 'works' }: { lock?: 'works' | 'broken' } = {}): World {
  mock.timers.enable({ apis: ['setTimeout'] })
  const random = randomOf(seed)
  const turns = createTurns(random)
  const bucket = openBucket()
  const signer = createLocalSigner(pem)
  let now = Date.UTC(2026, 10, 20)
  const ends: (() => void)[] = []
  let losing = false
  let away = false

  function releasesOf(actor: Actor): ReleaseStore {
    // Everything here is as young as the bucket, whose time stands still: no content is old enough to be stored again.
    const store = openReleases(bucket.s3, 'releases', () => 0)
    const call = <T>(what: string, effect: () => Promise<T>) =>
      turns.call(actor, what, async () => {
        if (away) throw new QuaysideError('AWS_UNREACHABLE', 'nobody answers')
        return effect()
      })
    return {
      readPointer: (channel) => call('read pointer', () => store.readPointer(channel)),
      putPointer: (channel, content, etag) =>
        call('put pointer', async () => {
          const put = await store.putPointer(channel, content, etag)
          if (!losing) return put
          losing = false
          throw new QuaysideError('AWS_UNREACHABLE', 'the answer was lost')
        }),
      readBlob: (digest) => call('read blob', () => store.readBlob(digest)),
      putBlob: (content) => call('put blob', () => store.putBlob(content)),
      readLayout: (id) => call('read layout', () => store.readLayout(id)),
      putLayout: (id, content) => call('put layout', () => store.putLayout(id, content)),
      putPublication: (generation, content) =>
        call('put publication', () => store.putPublication(generation, content)),
    }
  }

  function tick(ms: number): void {
    now += ms
    mock.timers.tick(ms)
  }

  async function run(count = Number.POSITIVE_INFINITY, may?: (waiting: Waiting) => boolean): Promise<void> {
    for (let given = 0; given < count; given += 1) {
      if (!(await turns.step(may))) return
      tick(turnMs)
    }
  }

  async function pass(ms: number, may?: (waiting: Waiting) => boolean): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await run(undefined, may)
      tick(stepMs)
    }
    await run(undefined, may)
  }

  return {
    ...{ turns, bucket, truth: createTruth(), lock: createLock(lock), signer, releasesOf, random, run, pass },
    keys: readPublicKeys([signer.publicKey]),
    now: () => now,
    bucketAway: (isAway) => {
      away = isAway
    },
    loseAnswer: () => {
      losing = true
    },
    onClose: (end) => void ends.push(end),
    close: async () => {
      for (const end of ends.splice(0)) end()
      // Whoever slept clears its timer, which must be done before another world's timers have its place.
      await turnOfLoop()
      mock.timers.reset()
    },
  }
}

const turnMs = 1
const stepMs = 250
