import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { signedText } from '../../../core/release/channel.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import { keyId, readPublicKeys, verifyPointer } from '../../../core/release/verify-pointer.ts'
import { rawPointer } from '../../support/pointer.ts'

const one = generateKeyPairSync('ed25519')
const two = generateKeyPairSync('ed25519')
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
const expected = { deployment: 'shop', channel: 'current' }
const pointer = rawPointer

/** The pointer as read, signed by `by`; `shown` replaces members after signing. */
function signed(by: typeof one, over: object = {}, shown: object = {}) {
  const value = sign(null, Buffer.from(signedText({ ...pointer, ...over })), by.privateKey).toString('base64')
  const signature = { key: keyId(by.publicKey), value }
  return parsePointer(JSON.stringify({ pointer: { ...pointer, ...over, ...shown }, signature }))
}

test('either of two known keys may have signed', () => {
  const keys = readPublicKeys([pem(one.publicKey), pem(two.publicKey)])
  assert.equal(verifyPointer(signed(one), keys, expected).generation, 5)
  assert.equal(verifyPointer(signed(two), keys, expected).generation, 5)
})

const keys = readPublicKeys([pem(one.publicKey)])
const refused = [
  ['signed by an unknown key', signed(two), /is signed by key/],
  ['changed after it was signed', signed(one, {}, { generation: 6 }), /did not make/],
  ['with a member added after it was signed', signed(one, {}, { later: 1 }), /did not make/],
  ['of another deployment', signed(one, { deployment: 'other' }), /belongs to deployment other/],
  ['of another channel', signed(one, { channel: 'canary' }), /of channel canary/],
] as const

for (const [what, read, message] of refused)
  test(`a pointer ${what} is refused`, () => {
    assert.throws(() => verifyPointer(read, keys, expected), { code: 'RELEASE_INVALID', message })
  })

test('keys that are none are refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  for (const list of [[], ['nonsense'], [pem(rsa)]])
    assert.throws(() => readPublicKeys(list), { code: 'RELEASE_INVALID' })
})
