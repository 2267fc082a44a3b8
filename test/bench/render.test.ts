import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderBenchmark } from '../../bench/render/render.ts'

// The run itself fails where an endpoint is missing, a change has no effect, or the changes come to other bytes than a fresh plan.
test('a full plan and changes of one service are measured, each kind of change for itself', async () => {
  const lines: string[] = []
  const args = ['--services', '30', '--instances', '2', '--runs', '2', '--changes', '12', '--verbose']
  const result = await renderBenchmark.run((line) => lines.push(line), args)
  assert.deepEqual(Object.keys(result), [
    ...[
      'bench',
      'services',
      'instances',
      'full_ms',
      'full_plan_ms',
      'one_change_ms',
      'label_change_ms',
      'bytes',
    ],
  ])
  assert.deepEqual([result.bench, result.services, result.instances], ['render', 30, 2])
  assert.ok(result.one_change_ms > 0 && result.label_change_ms > 0)
  // Rendering is a part of the plan, run by run and so in the median.
  assert.ok(result.full_ms > 0 && result.full_ms <= result.full_plan_ms)
  assert.ok(result.bytes > 30 * 100, `${result.bytes} bytes`)
  for (const kind of ['address', 'weight', 'unhealthy', 'added', 'label: timeout', 'label: path'])
    assert.ok(
      lines.some((line) => line.startsWith(`${kind}: p50`) && line.endsWith('over 2')),
      kind,
    )
  assert.ok(lines.some((line) => line.includes('upstreams')))
  assert.match(renderBenchmark.describe(result), /after a change of one service/)
})
