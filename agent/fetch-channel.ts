import { channelKey } from '../core/release/keys.ts'
import { readPublicKeys } from '../core/release/verify-pointer.ts'
import { openBucket } from './open-bucket.ts'
import { largestPointer, readPointer } from './read-pointer.ts'
import type { AgentSettings } from './settings.ts'

/** Reads the channel once and says in words what it holds. Throws what a poll would throw or refuse. */
export async function fetchChannel(
  settings: AgentSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { bucket, close } = openBucket(settings, { env, now: () => Date.now() })
  try {
    const answer = await bucket.getChanged(channelKey(settings.channel), null, largestPointer)
    if (answer.status !== 'changed') return 'nothing was published yet'
    const keys = settings.publicKeys.length === 0 ? [] : readPublicKeys(settings.publicKeys)
    const { pointer } = readPointer(answer.body.toString(), keys, settings)
    return `generation ${pointer.generation}, signed until ${pointer.expires}`
  } finally {
    close()
  }
}
