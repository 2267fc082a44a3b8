import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findProcess, isAlive } from '../../../adapters/process-table.ts'
import { describeExit, startChild } from '../../../local/processes/child.ts'
import { waitUntilReady } from '../../../local/processes/wait-until.ts'
import { eventually } from '../../support/eventually.ts'

const shell = (script: string, more: { graceMs?: number; env?: NodeJS.ProcessEnv } = {}) =>
  startChild({ name: 'sh', command: '/bin/sh', args: ['-c', script], ...more })

test('stopping ends a child by SIGTERM', async () => {
  const child = await shell('exec sleep 60')
  assert.deepEqual(await child.stop(), { code: null, signal: 'SIGTERM' })
  assert.equal(await isAlive(child.pid), false)
})

test('a child that ignores SIGTERM is killed after the grace time', async () => {
  const child = await shell('trap "" TERM; echo ready; while :; do sleep 0.05; done', { graceMs: 100 })
  await waitUntilReady(child, () => child.output()[0], { what: 'the trap' })
  assert.equal((await child.stop()).signal, 'SIGKILL')
})

test('stopping a child that has already ended returns at once, as often as it is asked', async () => {
  const child = await shell('echo last words; exit 3')
  await child.exited
  for (let time = 0; time < 2; time += 1) assert.deepEqual(await child.stop(), { code: 3, signal: null })
  assert.equal(child.signal('SIGHUP'), false)
  child.kill()
  assert.match(describeExit(child), /sh \(pid \d+\) ended with exit code 3; its last words:\n {2}last words/)
})

test('a grandchild goes with its parent, also when the parent is killed', async () => {
  const child = await shell('sleep 60 & echo $!; wait')
  const grandchild = Number(await waitUntilReady(child, () => child.output()[0], { what: 'its pid' }))
  assert.ok(await findProcess(grandchild))
  process.kill(child.pid, 'SIGKILL')
  await child.exited
  await eventually('the end of the grandchild', async () => !(await isAlive(grandchild)))
})

test('a program that is not there is an error that names it', async () => {
  await assert.rejects(startChild({ name: 'consul', command: '/nonexistent/consul' }), {
    code: 'BINARY_MISSING',
    message: /consul could not be started: .*ENOENT/,
  })
})

test('waiting for a child that has ended fails with its last words, not by a time limit', async () => {
  const child = await shell('echo "unknown flag" >&2; exit 1')
  await assert.rejects(
    waitUntilReady(child, () => undefined, { what: 'The leader', timeoutMs: 60_000 }),
    /The leader did not come: sh .* exit code 1; its last words:\n {2}unknown flag/,
  )
})

test('waiting too long fails with the last reason as its cause', async () => {
  const child = await shell('exec sleep 60')
  const never = () => Promise.reject(new Error('connection refused'))
  await assert.rejects(waitUntilReady(child, never, { what: 'It', timeoutMs: 60 }), (error: Error) => {
    assert.match(error.message, /It did not come within 0.06 s: sh .* is still running/)
    assert.match(String(error.cause), /connection refused/)
    return true
  })
  await child.stop()
})
