import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type LocalRun, startLocal } from '../support/local-run.ts'

/** A pipeline whose three tasks are in force on both hosts. */
async function running(t: TestContext, stdin: 'pipe' | 'ignore' = 'pipe'): Promise<LocalRun> {
  const run = startLocal(t, ['--port', '0', '--poll', '100ms'], { stdin })
  await lineOf(run, /hello node3 .* RUNNING → registered \d+ ms → published \d+ ms/)
  return run
}

function lineOf(run: LocalRun, pattern: RegExp): Promise<string> {
  const find = () => run.stdout.find((line) => pattern.test(line))
  return eventually(`a line like ${pattern}`, find, 30_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${run.text()}`)
  })
}

suite('npm start', { concurrency: 2 }, () => {
  test('Ctrl-C stops everything that was started, and nothing else', async (t) => {
    const run = await running(t)
    const family = await run.family()
    const names = family.map(({ title }) => title).join('\n')
    for (const part of [/consul agent/, /nginx: master/, /nginx: worker/, /server\.mjs/])
      assert.match(names, part)
    run.signal('SIGINT')
    assert.equal(await run.ended, 130)
    await run.leavesNothing(family)
  })

  test('Ctrl-C while it still starts leaves nothing either', async (t) => {
    const run = startLocal(t, ['--port', '0'])
    const family = await eventually('its first children', async () => {
      const now = await run.family()
      return now.some(({ title }) => /consul agent/.test(title)) && now
    })
    run.signal('SIGINT')
    assert.equal(await run.ended, 130)
    await run.leavesNothing(family)
  })

  test('killed without a chance to clean up, it still leaves nothing', async (t) => {
    const run = await running(t)
    const family = await run.family()
    run.signal('SIGKILL')
    assert.equal(await run.ended, 'SIGKILL')
    await run.leavesNothing(family)
  })

  test('the crash of one child ends it all with that child’s last words', async (t) => {
    const run = await running(t)
    const family = await run.family()
    const master = family.find(({ title }) => title.includes('nginx: master') && title.includes('host-b'))
    assert.ok(master)
    process.kill(master.pid, 'SIGKILL')
    assert.equal(await run.ended, 1, run.text())
    assert.match(run.stderr.join('\n'), /host-b \(pid \d+\) ended by itself\. Its last words/)
    await run.leavesNothing(family)
  })

  test('commands do what they say, a wrong one changes nothing, and quit ends with 0', async (t) => {
    const run = await running(t)
    const family = await run.family()
    run.say('scael hello 4')
    await lineOf(run, /there is no command "scael"/)
    run.say('scale hello 4')
    const fourth = await lineOf(
      run,
      /hello node4 .* RUNNING → registered \d+ ms → published \d+ ms → live: host-a \d+ ms, host-b \d+ ms$/,
    )
    run.say('status')
    await lineOf(run, /hello node4 \(\w+\) +RUNNING +passing +\d+/)
    run.say(`fail ${/\((\w+)\)/.exec(fourth)?.[1]}`)
    await lineOf(
      run,
      /hello node4 .* (DEPROVISIONING|STOPPED) → registered \d+ ms → published \d+ ms → live: /,
    )
    run.say('stop node1')
    await lineOf(run, /hello node1 .* stopping → registered \d+ ms → published \d+ ms → live: /)
    run.say('stop nobody')
    await lineOf(run, /not found: nobody \("status" lists the tasks; the services are: hello\)/)
    run.say('quit')
    assert.equal(await run.ended, 0, run.text())
    await run.leavesNothing(family)
  })

  test('without a stdin it runs on until a signal', async (t) => {
    const run = await running(t, 'ignore')
    await lineOf(run, /running until a signal/)
    const family = await run.family()
    run.signal('SIGTERM')
    assert.equal(await run.ended, 143)
    await run.leavesNothing(family)
  })
})
