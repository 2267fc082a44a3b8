import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentMetrics } from '../../../core/host/agent-metrics.ts'
import { type CycleFacts, countCycle, noCounts } from '../../../core/host/counts.ts'
import { prometheusText } from '../../../core/host/prometheus.ts'
import { hostView } from '../../support/host-view.ts'
import { parsePrometheus } from '../../support/prometheus.ts'

const cycle = (over: Partial<CycleFacts>): CycleFacts => {
  return { outcome: 'unchanged', step: null, reason: '', timings: {}, retryInMs: null, ...over }
}

test('cycles are counted by outcome, failed and held reloads by what their records say', () => {
  const cycles = [
    cycle({}),
    cycle({ outcome: 'installed', timings: { reload: 1, confirm: 150 } }),
    cycle({ outcome: 'rolled-back', timings: { reload: 1, confirm: 9_000, restore: 10 } }),
    cycle({ outcome: 'waiting', step: 'reload', retryInMs: 500 }),
    cycle({ outcome: 'waiting', step: 'reload' }),
  ]
  const counts = cycles.reduce(countCycle, noCounts())
  assert.deepEqual([counts.cycles.unchanged, counts.cycles.waiting, counts.cycles.stale], [1, 2, 0])
  assert.deepEqual([counts.failedReloads, counts.reloadWaits], [1, 1])
  assert.deepEqual([counts.confirms.count, counts.confirms.sumSeconds], [2, 9.15])
  assert.deepEqual(counts.confirms.atMost, [0, 1, 1, 1, 1, 1, 1, 2, 2])
})

test('all metrics are well-formed, and none is about a service, a route or a file', () => {
  const counts = countCycle(noCounts(), cycle({ timings: { confirm: 300 } }))
  const dns = { queries: 4, servfail: 1, truncated: 0, refused: 0, ignored: 2 }
  const metrics = parsePrometheus(prometheusText(agentMetrics(hostView({ counts, dns }))))
  const labels = [...metrics.values()].flatMap(({ samples }) =>
    samples.flatMap((one) => Object.keys(one.labels)),
  )
  const known = ['le', 'mode', 'nginx', 'outcome', 'result', 'version']
  assert.deepEqual([...new Set(labels)].sort(), known)
  assert.ok([...metrics.values()].flatMap(({ samples }) => samples).length < 60)
  const value = (name: string) => metrics.get(`quayside_agent_${name}`)?.samples[0]?.value
  assert.deepEqual([value('working'), value('last_successful_poll_age_seconds')], [1, 0.9])
  assert.equal(value('offered_generation'), undefined)
  assert.deepEqual([value('dns_queries_total'), value('dns_ignored_total')], [4, 2])
})

test('without a DNS server nothing is said of it', () => {
  assert.ok(!prometheusText(agentMetrics(hostView())).includes('dns'))
})
