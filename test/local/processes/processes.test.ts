import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { isAlive } from '../../../adapters/process-table.ts'
import { openProcesses } from '../../../local/processes/processes.ts'
import { eventually } from '../../support/eventually.ts'

const sleeper = { name: 'sleeper', command: '/bin/sh', args: ['-c', 'exec sleep 60'] }

test('stopping ends every child and removes every folder', async () => {
  const processes = await openProcesses()
  const children = [await processes.start(sleeper), await processes.start(sleeper)]
  const folder = await processes.temporaryFolder('data')
  await writeFile(join(folder, 'file'), 'x')
  await processes.stopAll()
  for (const child of children) assert.equal(await isAlive(child.pid), false)
  assert.equal(existsSync(processes.root), false)
  assert.deepEqual(processes.running(), [])
  await processes.stopAll()
})

test('nothing is started any more once everything is stopping', async () => {
  const processes = await openProcesses()
  await processes.stopAll()
  await assert.rejects(processes.start(sleeper), /sleeper was not started: everything is stopping/)
})

test('a child that ends by itself is reported with its last words; one that was stopped is not', async () => {
  const crashed: string[] = []
  const processes = await openProcesses({ onCrash: (child) => crashed.push(child.output().join()) })
  const stopped = await processes.start(sleeper)
  await stopped.stop()
  const child = await processes.start({ ...sleeper, args: ['-c', 'echo boom; exit 1'] })
  await child.exited
  await eventually('the report', () => crashed.length > 0)
  assert.deepEqual(crashed, ['boom'])
  assert.deepEqual(processes.running(), [])
  await processes.stopAll()
})

test('a child that never gets ready is stopped, and is an error rather than a crash', async () => {
  const crashed: string[] = []
  const processes = await openProcesses({ onCrash: (child) => crashed.push(child.name) })
  let pid = 0
  const ready = async (child: { pid: number }) => {
    pid = child.pid
    throw new Error('no leader')
  }
  await assert.rejects(processes.start({ ...sleeper, ready }), /no leader/)
  assert.equal(await isAlive(pid), false)
  assert.deepEqual(crashed, [])
  await processes.stopAll()
})

/** Another Node process that opens a registry, starts a child that ignores SIGTERM or not, and tells what it has. */
async function startParent(t: TestContext, childScript: string) {
  const path = (file: string) => join(import.meta.dirname, '../../../local/processes', file)
  const script = `
    import { openProcesses } from ${JSON.stringify(path('processes.ts'))}
    import { stopOnSignals } from ${JSON.stringify(path('on-signal.ts'))}
    const processes = await openProcesses()
    stopOnSignals(processes, { log: (line) => console.log(line), before: () => console.log('before') })
    const child = await processes.start({ name: 'c', command: '/bin/sh', args: ['-c', ${JSON.stringify(childScript)}], graceMs: 300 })
    console.log(JSON.stringify({ pid: child.pid, root: processes.root }))
    process.stdin.on('data', () => Promise.reject(new Error('unforeseen')))`
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => parent.kill('SIGKILL'))
  const lines: string[] = []
  const input = createInterface(parent.stdout)
  const first = new Promise<string>((resolve) => input.once('line', resolve))
  input.on('line', (line) => lines.push(line))
  const { pid, root } = JSON.parse(await first) as { pid: number; root: string }
  const exited = new Promise<number | null>((resolve) => parent.once('exit', (code) => resolve(code)))
  const assertNothingLeft = async () => {
    await eventually('the end of the child', async () => !(await isAlive(pid)))
    await eventually('the removal of the folder', () => !existsSync(root))
  }
  return { parent, lines, exited, assertNothingLeft }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} to the parent stops its children, removes its folders and exits with ${code}`, async (t) => {
    const { parent, exited, lines, assertNothingLeft } = await startParent(t, 'exec sleep 60')
    parent.kill(signal)
    assert.equal(await exited, code)
    assert.ok(lines.includes('before'))
    await assertNothingLeft()
  })
}

test('an uncaught error in the parent stops its children and exits with 1', async (t) => {
  const { parent, exited, lines, assertNothingLeft } = await startParent(t, 'exec sleep 60')
  parent.stdin.write('fail\n')
  assert.equal(await exited, 1)
  assert.ok(lines.includes('Stopping after an unexpected error: unforeseen'), lines.join('\n'))
  await assertNothingLeft()
})

test('a second signal does not wait for a child that is slow to end', async (t) => {
  const { parent, exited, lines, assertNothingLeft } = await startParent(
    t,
    'trap "" TERM; while :; do sleep 0.05; done',
  )
  parent.kill('SIGINT')
  await eventually('the first stop', () => lines.includes('before'))
  parent.kill('SIGINT')
  assert.equal(await exited, 130)
  await assertNothingLeft()
})

for (const [what, script] of [
  ['a child', 'exec sleep 60'],
  ['a child with children of its own', 'sleep 60 & sleep 60 & wait'],
]) {
  test(`when the parent is killed, ${what} and the folders go too`, async (t) => {
    const { parent, exited, assertNothingLeft } = await startParent(t, script ?? '')
    parent.kill('SIGKILL')
    await exited
    await assertNothingLeft()
  })
}
