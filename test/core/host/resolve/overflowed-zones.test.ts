import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overflowedZones } from '../../../../core/host/resolve/overflowed-zones.ts'

test('zones without memory are named by nginx’s critical lines, each once', () => {
  const line = (zone: string, level = 'crit') =>
    `2026/11/21 10:41:08 [${level}] 6029#6029: ngx_slab_alloc() failed: no memory in upstream zone "${zone}"`
  const text = [
    line('quayside_web_0123'),
    line('quayside_web_0123'),
    line('quayside_tcp_stream'),
    line('operators_own'),
    line('quayside_other', 'error'),
    '2026/11/21 10:41:08 [crit] 1#1: *5 ngx_slab_alloc() failed: no memory in limit_req zone "quayside_limit"',
  ].join('\n')
  assert.deepEqual([...overflowedZones(text)], ['quayside_web_0123', 'quayside_tcp_stream'])
})
