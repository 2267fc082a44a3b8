import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localChanges, localFile } from '../../agent/local-file.ts'
import { refOf } from '../support/release.ts'

const old = { settings: { listens: {} }, capability: { http2Directive: false } }
const newer = { settings: { listens: {} }, capability: { http2Directive: true } }
const moved = { settings: { listens: { '80': '8080' } }, capability: { http2Directive: true } }

/** A store that holds one text, and what is kept in it. */
function storeOf(text: string) {
  const kept: string[] = []
  const unused = () => assert.fail('not asked for')
  return {
    kept,
    blobs: {
      ...{ held: unused, ensure: unused },
      read: async () => Buffer.from(text),
      keep: async (content: string) => {
        kept.push(content)
        return refOf(content)
      },
    },
  }
}

const file = (text: string, context: 'http' | 'stream' = 'http') => ({
  path: 'a.conf',
  context,
  ...refOf(text),
})

test('hosts that change files differently have different config ids, and one that changes none adds nothing', () => {
  assert.equal(localChanges(old), '')
  const all = [old, newer, moved, { ...old, settings: moved.settings }].map(localChanges)
  assert.equal(new Set(all).size, 4)
})

test('a file that stays as it was signed is kept by its own digest', async () => {
  const text = 'server { listen 80; }'
  const { blobs, kept } = storeOf(text)
  for (const local of [old, newer])
    assert.equal((await localFile(blobs, local, file(text))).sha256, refOf(text).sha256)
  assert.deepEqual(kept, [])
})

test('a changed file names what was signed too, and both changes are made', async () => {
  const text = 'server { listen 80 ssl http2; }'
  const { blobs, kept } = storeOf(text)
  const { origin, sha256 } = await localFile(blobs, moved, file(text))
  assert.deepEqual(kept, ['server { listen 8080 ssl; http2 on; }'])
  assert.deepEqual([origin.sha256, sha256], [refOf(text).sha256, refOf(kept[0] ?? '').sha256])
})

test('stream servers, and what only nginx itself can read, stay as they are', async () => {
  const lua = 'content_by_lua_block { if http2 then return "}" end '
  for (const one of [file('server { listen 80 http2; }', 'stream'), file(lua)]) {
    const { blobs, kept } = storeOf(one.context === 'stream' ? 'server { listen 80 http2; }' : lua)
    assert.equal((await localFile(blobs, newer, one)).sha256, one.sha256)
    assert.deepEqual(kept, [])
  }
})
