import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { QuaysideError } from '../errors.ts'
import type { Pointer } from './channel.ts'
import type { ReadPointer } from './parse-pointer.ts'

/** A public key that pointers may be signed with, and the id by which a signature names it. */
export type VerificationKey = { readonly id: string; readonly key: KeyObject }

/**
 * Reads Ed25519 public keys from PEM (SPKI). Several, so that a key can be replaced: hosts know the next one before the
 * publisher signs with it. Throws RELEASE_INVALID for an empty list and for anything that is not an Ed25519 public key.
 */
export function readPublicKeys(pems: readonly string[]): readonly VerificationKey[] {
  if (pems.length === 0) throw new QuaysideError('RELEASE_INVALID', 'no public key is given to verify with')
  return pems.map((pem) => {
    const key = readPublicKey(pem)
    return { id: keyId(key), key }
  })
}

/** First 16 hex digits of the SHA-256 of the key's SPKI DER. */
export function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
}

/**
 * Returns the pointer if one of the keys signed it, for this deployment and channel. Throws RELEASE_INVALID otherwise: the
 * signature covers both names, so a pointer of another channel can't be replayed as this one's. Age and order are the
 * caller's: an expired pointer is still a genuine one.
 */
export function verifyPointer(
  read: ReadPointer,
  keys: readonly VerificationKey[],
  expected: { readonly deployment: string; readonly channel: string },
): Pointer {
  const { pointer } = read
  verifySignature(read, keys)
  if (pointer.deployment !== expected.deployment)
    refuse(`belongs to deployment ${pointer.deployment}, expected ${expected.deployment}`)
  if (pointer.channel !== expected.channel)
    refuse(`is the one of channel ${pointer.channel}, expected ${expected.channel}`)
  return pointer
}

/** Throws RELEASE_INVALID unless one of the keys signed it, whatever it says. */
export function verifySignature(
  { signature, text }: Pick<ReadPointer, 'signature' | 'text'>,
  keys: readonly VerificationKey[],
): void {
  const known = keys.find(({ id }) => id === signature.key)
  if (known === undefined)
    refuse(`is signed by key ${signature.key}, known are ${keys.map(({ id }) => id).join(', ')}`)
  if (!verify(null, Buffer.from(text), known.key, Buffer.from(signature.value, 'base64')))
    refuse(`has a signature that key ${known.id} did not make`)
}

function readPublicKey(pem: string): KeyObject {
  const key = parsePem(pem)
  if (key.asymmetricKeyType !== 'ed25519')
    throw new QuaysideError('RELEASE_INVALID', `a public key is ${key.asymmetricKeyType}, expected ed25519`)
  return key
}

function parsePem(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new QuaysideError('RELEASE_INVALID', 'a public key is not a PEM of an Ed25519 public key', {
      cause,
    })
  }
}

function refuse(why: string): never {
  throw new QuaysideError('RELEASE_INVALID', `the channel pointer ${why}`)
}
