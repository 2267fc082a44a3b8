import { explain, QuaysideError } from '../../core/errors.ts'
import type { ReadPointer } from '../../core/release/parse-pointer.ts'
import { readPublicKeys, verifyPointer } from '../../core/release/verify-pointer.ts'

/** Throws RELEASE_INVALID for a pointer that none of the keys signed: signed again, it would be genuine to the hosts. */
export function checkSigned(
  read: ReadPointer,
  keys: readonly string[],
  identity: { readonly deployment: string; readonly channel: string },
): void {
  try {
    verifyPointer(read, readPublicKeys(keys), identity)
  } catch (cause) {
    throw new QuaysideError(
      'RELEASE_INVALID',
      `${explain(cause)}. It is not signed again; restore its earlier version, or name the earlier key in publish.trustedKeys (OPERATIONS.md)`,
      { cause },
    )
  }
}
