import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestChannel } from '../support/release.ts'
import { startTestS3 } from '../support/s3.ts'

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs the command line in its own process, with S3 at that address. */
function quayside(endpoint: string, ...args: readonly string[]): Promise<Ran> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
  }
  const file = join(import.meta.dirname, '../../bin/quayside.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      })
    })
  })
}

test('status tells what a channel says, and that nothing was published', async (t) => {
  const s3 = await startTestS3(t)
  const empty = await quayside(s3.url, 'status', '--bucket', s3.bucket)
  assert.deepEqual([empty.code, empty.stdout], [0, 'channel: current\nnothing was published yet\n'])
  const { pointer } = await openTestChannel(s3).publish({ files: [] })
  const full = await quayside(s3.url, 'status', '--bucket', s3.bucket)
  assert.equal(full.code, 0, full.stderr)
  assert.match(full.stdout, new RegExp(`generation: ${pointer.generation}\n`))
})

test('a wrong call says how it is used, and an absent bucket is named', async (t) => {
  const s3 = await startTestS3(t)
  const wrong = await quayside(s3.url, 'launch')
  assert.deepEqual([wrong.code, /usage: quayside status/.test(wrong.stderr)], [1, true])
  const absent = await quayside(s3.url, 'status', '--bucket', 'nowhere')
  assert.equal(absent.code, 1)
  assert.match(absent.stderr, /nowhere/)
})
