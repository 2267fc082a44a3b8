import assert from 'node:assert/strict'
import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tailErrorLog } from '../../agent/error-log.ts'
import { tempDir } from '../support/tmp.ts'

const line = (message: string, pid = 7) => `2026/11/20 10:00:00 [emerg] ${pid}#${pid}: ${message}\n`

test('what was there before, unfinished lines and lines of others are no verdict', async (t) => {
  const path = join(tempDir(t), 'error.log')
  await writeFile(path, line('before'))
  const log = await tailErrorLog(path)
  assert.equal(await log.nextFatalLine(7), null)
  await appendFile(path, line('of another master', 8))
  assert.equal(await log.nextFatalLine(7), null)
  await appendFile(path, line('after').trimEnd())
  assert.equal(await log.nextFatalLine(7), null)
  await appendFile(path, '\n')
  assert.equal(await log.nextFatalLine(7), 'nginx: [emerg] after')
})

test('a log that comes later, is rotated or cut short is read on from its beginning', async (t) => {
  const path = join(tempDir(t), 'error.log')
  const log = await tailErrorLog(path)
  assert.equal(await log.nextFatalLine(7), null)
  await writeFile(path, line('first'))
  assert.match((await log.nextFatalLine(7)) ?? '', /first/)
  await rename(path, `${path}.1`)
  assert.equal(await log.nextFatalLine(7), null)
  await writeFile(path, line('second'))
  assert.match((await log.nextFatalLine(7)) ?? '', /second/)
  await writeFile(path, line('3rd'))
  assert.match((await log.nextFatalLine(7)) ?? '', /3rd/)
})

test('a log that can’t be read says nothing, and fails nothing', async (t) => {
  const path = join(tempDir(t), 'error.log')
  const log = await tailErrorLog(path)
  await mkdir(path)
  assert.equal(await log.nextFatalLine(7), null)
})
