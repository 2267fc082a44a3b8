import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerBenchmark } from '../../bench/register/register.ts'

// The run itself fails where the final catalog or ledger is wrong, a message comes back, or a definition is looked up twice.
test('a small storm ends in the right state, with about one transaction per batch', async () => {
  const lines: string[] = []
  const args = ['--tasks', '200', '--rounds', '1']
  const result = await registerBenchmark.run((line) => lines.push(line), args)
  const { bench, events, events_per_s, one_at_a_time_events_per_s, ratio, event_to_committed_ms } = result
  assert.equal(bench, 'register')
  assert.equal(events, 400)
  // Events of one task that five handlers have at the same time may conflict, or overtake one another and leave nothing to write.
  assert.ok(result.txns >= 25 && result.txns <= 60, `${result.txns} transactions`)
  assert.ok(
    result.ops_per_txn > 10 && result.ops_per_txn < 64,
    `${result.ops_per_txn} operations per transaction`,
  )
  // Each of the five handlers looks up each of the fifty definitions once, and the hosts of two batches at most at a time.
  assert.ok(result.ecs_calls <= 5 * 50 + 20, `${result.ecs_calls} ECS calls`)
  for (const speed of [events_per_s, one_at_a_time_events_per_s, ratio]) assert.ok(speed > 0)
  assert.ok(event_to_committed_ms.p50 <= event_to_committed_ms.p99)
  assert.match(registerBenchmark.describe(result), /one at a time/)
})

test('an option that is no count is refused with its value', async () => {
  const run = registerBenchmark.run(() => {}, ['--tasks', 'many'])
  await assert.rejects(run, /--tasks must be a whole number of at least 1, not "many"/)
})
