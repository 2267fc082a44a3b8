import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reconcileBenchmark } from '../../bench/reconcile/reconcile.ts'

test('a pass over an unchanged fleet writes its bookkeeping alone and asks ECS twice per hundred tasks at most', async () => {
  const args = ['--tasks', '250', '--calls-per-second', '1000']
  const result = await reconcileBenchmark.run(() => {}, args)
  assert.equal(result.bench, 'reconcile')
  assert.equal(result.tasks, 250)
  assert.equal(result.consul_writes, 0)
  assert.ok(result.bookkeeping_writes > 0 && result.bookkeeping_writes <= 3)
  // Three pages of what should run, one of what should not, and three times a hundred tasks described.
  assert.equal(result.ecs_calls, 7)
  assert.ok(result.consul_reads > 0 && result.consul_reads < 20, `${result.consul_reads} reads`)
  assert.match(reconcileBenchmark.describe(result), /lease and stamp/)
})
