import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import * as table from '../../adapters/process-table.ts'

type Way = typeof table.readFromPs

/** macOS has only `ps`; Linux has both, so there both are held to the same rules. */
const ways: [string, Way][] = [['ps', table.readFromPs]]
if (existsSync('/proc/self/stat')) ways.push(['/proc', async (wanted) => table.readFromProc(wanted)])

function startSleeper(t: TestContext): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)', 'a sleeper'], {
    stdio: 'ignore',
  })
  t.after(() => child.kill('SIGKILL'))
  return child.pid ?? assert.fail('the sleeper has no pid')
}

for (const [name, way] of ways) {
  test(`by ${name}, a child is listed with its parent and its command line`, async (t) => {
    const pid = startSleeper(t)
    const [entry, ...others] = await way((process) => process.pid === pid)
    assert.equal(entry?.ppid, process.pid)
    assert.match(entry?.title ?? '', /setInterval.* a sleeper$/)
    assert.deepEqual(others, [])
  })

  test(`by ${name}, a start time stays the same from one reading to the next`, async () => {
    const mine = async () => (await way((entry) => entry.pid === process.pid))[0]?.started ?? ''
    const [first, second] = [await mine(), await mine()]
    // On Linux ps computes the time from the boot time, which may move by a second; there /proc is read instead.
    const apart = first === second ? 0 : Math.abs(Date.parse(first) - Date.parse(second))
    assert.ok(first !== '' && apart <= 1_000, `${first} and ${second}`)
  })

  test(`by ${name}, a process that has ended is not listed`, async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
    await new Promise((resolve) => child.once('exit', resolve))
    assert.deepEqual(await way((entry) => entry.pid === child.pid), [])
  })
}

test('children are those of the asked parent only', async (t) => {
  const pid = startSleeper(t)
  assert.ok((await table.childrenOf(process.pid)).some((entry) => entry.pid === pid))
  assert.deepEqual(await table.childrenOf(pid), [])
  assert.ok((await table.listProcesses()).some((entry) => entry.pid === process.pid))
})

test('a pid that another process has taken over is not the same process', async (t) => {
  const pid = startSleeper(t)
  const entry = await table.findProcess(pid)
  assert.equal(await table.isAlive(pid), true)
  assert.equal(await table.isAlive(pid, entry?.started), true)
  assert.equal(await table.isAlive(pid, `${entry?.started}0`), false)
})

const tail = '1 1 0 -1 4194560 100 0 0 0 1 1 0 0 20 0 1 0 12345 1000 100'
const stats: [string, string, ReturnType<typeof table.parseProcStat>][] = [
  ['a plain name', `7 (nginx) S 3 ${tail}`, { pid: 7, ppid: 3, name: 'nginx', started: '12345' }],
  [
    'a name with ") S 9 ("',
    `7 (a) S 9 (b) R 3 ${tail}`,
    { pid: 7, ppid: 3, name: 'a) S 9 (b', started: '12345' },
  ],
  ['a zombie', `7 (nginx) Z 3 ${tail}`, undefined],
  ['a cut line', '7 (nginx) S 3 1 1', undefined],
]
for (const [what, text, expected] of stats) {
  test(`/proc/<pid>/stat with ${what} is read`, () => assert.deepEqual(table.parseProcStat(text), expected))
}

test('ps lines of Linux and macOS are read, zombies left out', () => {
  const text = `    1     0 Ss   Fri Nov 20 01:02:03 2026 /sbin/launchd
  812     1 S+   Fri Nov  6 11:02:03 2026 nginx: worker process is shutting down
  813     1 Z    Fri Nov  6 11:02:03 2026 (nginx)
  PID  PPID STAT STARTED COMMAND
`
  assert.deepEqual(table.parsePs(text), [
    { pid: 1, ppid: 0, started: 'Fri Nov 20 01:02:03 2026', title: '/sbin/launchd' },
    {
      pid: 812,
      ppid: 1,
      started: 'Fri Nov 6 11:02:03 2026',
      title: 'nginx: worker process is shutting down',
    },
  ])
})
