import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentBenchmark } from '../../bench/agent/agent.ts'

// The run itself fails where a release is never live, a change has no effect, or a request of a comparison fails.
test('an agent is followed through reloads, through changes by DNS under load, and at rest', async () => {
  const args = '--servers 20 --changes 1 --poll 100ms --idle-ms 500 --rounds 1 --rate 200'.split(' ')
  const result = await agentBenchmark.run(() => {}, args)
  assert.deepEqual([result.bench, result.servers, result.poll_ms], ['agent', 20, 100])
  const { pointer_to_confirmed_ms: confirmed, apply_ms: apply, bare_reload_ms: bare, idle } = result
  assert.ok(apply.p50 > 0 && apply.p50 <= confirmed.p50 && confirmed.p50 <= confirmed.max && bare.p50 > 0)
  assert.ok(idle.rss_mb > idle.anonymous_mb && idle.anonymous_mb > 0 && idle.cpu_percent > 0)
  const { changes, reloads, failed_requests, effect_ms, from_pointer_ms, ...resolve } = result.resolve
  assert.deepEqual([changes, reloads, failed_requests], [1, 0, 0])
  assert.ok(effect_ms.p50 > 0 && effect_ms.p50 < from_pointer_ms.p50)
  assert.ok(resolve.replaced.reloads <= 1 && resolve.cpu_ratio_to_static > 0)
  assert.match(agentBenchmark.describe(result), /by DNS: 1 changes, 0 reloads, 0 failed requests/)
})
