import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { withFolderLock } from '../../../local/tools/folder-lock.ts'
import { tempDir } from '../../support/tmp.ts'

test('two that want the lock run one after the other', async (t) => {
  const lock = join(tempDir(t), '.lock')
  let inside = 0
  let most = 0
  const visit = () =>
    withFolderLock(lock, async () => {
      inside += 1
      most = Math.max(most, inside)
      await sleep(20)
      inside -= 1
    })
  await Promise.all([visit(), visit(), visit()])
  assert.equal(most, 1)
  assert.equal(existsSync(lock), false)
})

test('a lock is free again when the action fails', async (t) => {
  const lock = join(tempDir(t), '.lock')
  await assert.rejects(
    withFolderLock(lock, () => Promise.reject(new Error('boom'))),
    /boom/,
  )
  assert.equal(await withFolderLock(lock, async () => 7), 7)
})

for (const [what, owner] of [
  ['has ended', '999999999 1'],
  ['gave its pid to another process', `${process.pid} some other start`],
] as const) {
  test(`a lock whose owner ${what} is taken over`, async (t) => {
    const lock = join(tempDir(t), '.lock')
    writeFileSync(lock, owner)
    assert.equal(await withFolderLock(lock, async () => 7), 7)
  })
}
