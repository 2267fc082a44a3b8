import { explain, QuaysideError } from '../core/errors.ts'
import { acceptPointer } from '../core/host/accept-pointer.ts'
import { channelKey } from '../core/release/keys.ts'
import type { Host } from './host.ts'
import { makeRoom } from './prune.ts'
import { largestPointer, readPointer } from './read-pointer.ts'
import type { Conditional } from './s3.ts'
import type { Steps } from './steps.ts'

/**
 * Asks whether the channel changed and takes over what it says if that is genuine and not older than what is known. What isn't is
 * remembered as refused, with its ETag, so that it is neither fetched nor judged again; a failure to find out throws and forgets it.
 */
export async function poll(host: Host, steps: Steps): Promise<void> {
  const { memory, settings, bucket } = host
  const answer = await steps.run('poll', () =>
    bucket.getChanged(channelKey(settings.channel), memory.etag, largestPointer).catch(missingOrThrow(host)),
  )
  if (answer.status !== 'missing' || !wasRead(host)) memory.polledAt = host.elapsed()
  if (answer.status === 'unchanged') return
  memory.etag = null
  if (answer.status === 'missing') {
    if (wasRead(host)) throw gone(channelKey(settings.channel))
    return
  }
  await steps.run('verify', () => accept(host, answer.body.toString()))
  memory.etag = answer.etag || null
  memory.unread = null
}

/**
 * S3 answers 403 rather than 404 to those who may not list, as hosts may not. Before the first release of a channel that is the normal
 * case; whether the permission is missing too can't be told apart, so both are named. Later a 403 is a failure like any other.
 */
function missingOrThrow(host: Host): (error: unknown) => Conditional {
  const { memory, log } = host
  return (error) => {
    const isDenied = error instanceof QuaysideError && error.code === 'AWS_DENIED'
    if (!isDenied || wasRead(host)) throw error
    if (memory.unread === null) log.info('host-waiting', { reason: explain(error) })
    memory.unread = error
    return { status: 'missing' }
  }
}

/** Whether this channel was ever read; a host that was moved to another one waits for its first release anew. */
function wasRead({ memory, state, settings }: Host): boolean {
  const { deployment, channel, pointer } = state.current
  const same = deployment === settings.deployment && channel === settings.channel
  return memory.wanted !== null || (same && pointer !== '')
}

function gone(key: string): QuaysideError {
  const advice = 'the channel was deleted or the bucket replaced; nginx serves on, publish again'
  return new QuaysideError('AWS_FAILED', `GET ${key} answered 404, it is gone: ${advice}`)
}

/** What no repetition can mend; anything else says nothing about the pointer. */
const refusals: readonly string[] = ['RELEASE_INVALID', 'RELEASE_UNSUPPORTED']

async function accept(host: Host, text: string): Promise<void> {
  const { memory, state, log, keys, settings } = host
  try {
    const read = readPointer(text, keys, settings)
    const { pointer } = read
    const next = acceptPointer(state.current, pointer, read.text)
    await makeRoom(host, pointer)
    await state.save(next)
    memory.wanted = pointer
    memory.refused = null
  } catch (error) {
    if (!(error instanceof QuaysideError) || !refusals.includes(error.code)) throw error
    memory.refused = error
    log.warn('host-rejected', { step: 'verify', reason: error.message })
  }
}
