import { QuaysideError } from '../core/errors.ts'
import { parsePointer, type ReadPointer, readSigned } from '../core/release/parse-pointer.ts'
import { type VerificationKey, verifyPointer, verifySignature } from '../core/release/verify-pointer.ts'

/** No pointer is larger. */
export const largestPointer = 256 * 1024

type Expected = { readonly deployment: string; readonly channel: string }

/**
 * Reads what a channel's object holds. The signature is judged first: it covers whatever members there are, so that a newer format is
 * believed to be one only where the publisher signed it. Without a key, which the settings must allow in so many words, only the names are
 * compared. Throws RELEASE_INVALID, and RELEASE_UNSUPPORTED for a newer format.
 */
export function readPointer(
  content: string,
  keys: readonly VerificationKey[],
  { deployment, channel }: Expected,
): ReadPointer {
  if (keys.length > 0) verifySignature(readSigned(content), keys)
  const read = parsePointer(content)
  if (keys.length > 0) verifyPointer(read, keys, { deployment, channel })
  const { pointer } = read
  if (pointer.deployment === deployment && pointer.channel === channel) return read
  const found = `${pointer.deployment}/${pointer.channel}`
  throw new QuaysideError(
    'RELEASE_INVALID',
    `the channel pointer is for ${found}, expected ${deployment}/${channel}`,
  )
}
