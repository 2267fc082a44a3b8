import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signedText } from '../../../core/release/channel.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import { rawPointer } from '../../support/pointer.ts'

const sha = 'a'.repeat(64)
const ref = { sha256: sha, size: 3 }
const pointer = rawPointer
const signature = { key: '0123456789abcdef', value: 'AAAA' }
const text = (over: object = {}) => JSON.stringify({ pointer: { ...pointer, ...over }, signature })

test('a well-formed pointer is read as it is', () => {
  assert.deepEqual(parsePointer(text()).pointer, pointer)
})

test('a promotion and a trial are read, with a refusal or without', () => {
  const promoted = { layout: sha, at: '2026-11-20T12:00:00Z', by: 'ann', from: 'canary' }
  const soak = { since: '2026-11-20T12:00:00Z', failed: null }
  const failed = { host: 'i-1', at: '2026-11-20T12:00:00Z', reason: 'nginx says no' }
  assert.deepEqual(parsePointer(text({ promoted, soak })).pointer, { ...pointer, promoted, soak })
  assert.deepEqual(parsePointer(text({ soak: { ...soak, failed } })).pointer.soak?.failed, failed)
})

test('what the signature covers includes members that this version does not know', () => {
  const read = parsePointer(text({ later: 'x' }))
  assert.equal(read.text, signedText({ ...pointer, later: 'x' }))
  assert.notEqual(read.text, parsePointer(text()).text)
})

const malformed: readonly (readonly [string, object, RegExp])[] = [
  ['no schema at all', { schema: 'one' }, /pointer\.schema is "one"/],
  ['a generation that is no whole number', { generation: 1.5 }, /pointer\.generation is 1\.5/],
  ['a generation of zero', { generation: 0 }, /pointer\.generation is 0/],
  ['a digest in upper case', { layout: { sha256: 'A'.repeat(64), size: 1 } }, /pointer\.layout\.sha256/],
  ['a negative size', { endpoints: { sha256: sha, size: -1 } }, /pointer\.endpoints\.size is -1/],
  ['a deployment with a slash', { deployment: 'a/b' }, /pointer\.deployment/],
  ['a time that does not exist', { expires: '2026-13-40T12:00:00Z' }, /pointer\.expires/],
  ['a time with an offset', { created: '2026-11-20T12:00:00+01:00' }, /pointer\.created/],
  ['upstreams without stream', { upstreams: { http: ref } }, /pointer\.upstreams\.stream/],
  ['a pin without a layout', { pin: { reason: '', frozen: false } }, /pointer\.pin\.layout/],
  [
    'a promotion without a channel',
    { promoted: { layout: sha, at: '2026-11-20T12:00:00Z', by: '' } },
    /pointer\.promoted\.from/,
  ],
  ['a trial without a time', { soak: { failed: null } }, /pointer\.soak\.since/],
  [
    'a volatile file outside the folder',
    { volatile: [{ ...ref, path: '../x.conf', context: 'http' }] },
    /pointer\.volatile\[0\]\.path/,
  ],
]

for (const [what, over, message] of malformed)
  test(`${what} is refused, by name`, () => {
    assert.throws(() => parsePointer(text(over)), { code: 'RELEASE_INVALID', message })
  })

test('a newer format is told from a malformed one, with what to do', () => {
  const message = /^RELEASE_UNSUPPORTED: pointer\.schema is 2, expected schema 1; .* install one that does$/
  assert.throws(() => parsePointer(text({ schema: 2 })), { code: 'RELEASE_UNSUPPORTED', message })
})

for (const content of ['', '[]', 'null', '{"pointer":{}}', '{"pointer":1,"signature":{}}', '<Error/>'])
  test(`${JSON.stringify(content)} is no pointer`, () => {
    assert.throws(() => parsePointer(content), { code: 'RELEASE_INVALID' })
  })

test('a pin may say who set it and when, and is refused where it says so in another way', () => {
  const pin = { layout: 'b'.repeat(64), reason: 'why', frozen: false }
  const read = (own: object) => parsePointer(text({ pin: { ...pin, ...own } })).pointer.pin
  const told = { at: '2026-11-20T12:00:00.000Z', by: 'somebody' }
  assert.deepEqual([read({}), read(told)], [pin, { ...pin, ...told }])
  assert.throws(() => read({ at: 'yesterday' }), /pointer\.pin\.at/)
  assert.throws(() => read({ by: 'x'.repeat(201) }), /pointer\.pin\.by/)
})
