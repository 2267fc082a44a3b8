import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ScriptResult } from '../../local/script/run-script.ts'
import { eventually } from '../support/eventually.ts'
import { startLocal } from '../support/local-run.ts'

// Side by side: two pipelines on one machine must not disturb each other, and it takes half the time.
suite('the walk-through', { concurrency: true }, () => {
  const ways = {
    'with tasks that serve 1 s after SIGTERM': ['--grace', '1'],
    'with tasks that end at SIGTERM, and the functions as they are deployed': ['--grace', '0', '--bundles'],
  }
  for (const [way, options] of Object.entries(ways)) {
    test(`is seen through nginx on both hosts without a failed request, ${way}`, async (t) => {
      const run = startLocal(t, ['--script', 'demo', '--json', '--poll', '100ms', ...options])
      const isUnderWay = () => run.stderr.some((line) => line.includes('a fourth starts and joins'))
      await eventually('the second step', isUnderWay, 150_000).catch((cause) => {
        throw new Error(run.text(), { cause })
      })
      const family = await run.family()
      assert.equal(await run.ended, 0, run.text())
      assert.equal(run.stdout.length, 1)
      const result = JSON.parse(run.stdout[0] ?? '') as ScriptResult
      assert.equal(result.ok, true)
      assert.equal(result.failed_requests, 0, result.failures.join('\n'))
      assert.ok(result.requests > 100)
      assert.deepEqual(
        result.steps.map(({ name }) => name),
        [
          'three instances answer in turn',
          'a fourth starts and joins',
          'one is stopped and leaves',
          'a rolling deployment replaces all',
          'all are stopped and the route answers 503',
          'they come back',
        ],
      )
      assert.ok(result.steps.every((step) => Number.isInteger(step.event_to_serving_ms)))
      await run.leavesNothing(family)
    })
  }
})
