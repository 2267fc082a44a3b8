import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { cpuTicks, establishedTo } from '../../bench/watch/process-stats.ts'
import { watchBenchmark } from '../../bench/watch/watch.ts'
import { tempDir } from '../support/tmp.ts'

const tiny = ['--services', '5', '--instances', '2', '--changes', '6', '--published', '1', '--idle-ms', '100']

// The run itself fails where a change never shows in the rendered text, or a release doesn't hold it.
test('six kinds of change are followed from the write to the rendered and the published files, beside another program', async (t) => {
  const folder = tempDir(t)
  const binary = join(folder, 'consul-template')
  const program = join(import.meta.dirname, '../support/consul-template-double.ts')
  await writeFile(binary, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`)
  await chmod(binary, 0o755)
  process.env.CONSUL_TEMPLATE = binary
  t.after(() => delete process.env.CONSUL_TEMPLATE)
  const lines: string[] = []
  const result = await watchBenchmark.run((line) => lines.push(line), tiny)
  assert.deepEqual([result.bench, result.services, result.instances, result.transport], ['watch', 5, 2, 'h2'])
  for (const kind of ['critical', 'address', 'added', 'passing', 'weight', 'removed'])
    assert.equal(lines.filter((line) => line.startsWith(`  ${kind}: p50`)).length, 2, kind)
  for (const { cold_ms, write_to_rendered_ms: ms, rss_mb, connections } of [
    result,
    result.consul_template!,
  ]) {
    assert.ok(cold_ms > 0 && rss_mb > 0)
    assert.ok(ms.p50 <= ms.p90 && ms.p90 <= ms.max)
    // One finds out the protocol and then carries everything; the publisher has another for its lock and its ledger.
    assert.ok(connections >= 1 && connections <= 4, `${connections} connections`)
  }
  assert.ok(result.write_to_published_ms.p50 > 0)
  assert.ok(lines.at(-1)?.includes('ratio'))
  assert.match(watchBenchmark.describe(result), /write → published/)
})

test('connections are counted by state and remote port, in either family', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:D431 0100007F:2135 01 00000000:00000000 00:00000000 00000000  1000        0 101 1 0',
    '   1: 0100007F:D432 0100007F:2135 06 00000000:00000000 00:00000000 00000000  1000        0 102 1 0',
    '   2: 0100007F:2135 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 103 1 0',
    '   3: 0000000000000000FFFF00000100007F:D433 0000000000000000FFFF00000100007F:2135 01 0:0 0:0 0 1000 0 104 1 0',
  ].join('\n')
  assert.deepEqual(establishedTo(table, 8_501), ['101', '104'])
})

test("a program's time is read past a name with spaces and parentheses", () => {
  assert.equal(cpuTicks('7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 31 0 0 20 0 1 0'), 281)
})

test('a transport that there is not is refused with the known ones', async () => {
  const run = watchBenchmark.run(() => {}, ['--transport', 'quic'])
  await assert.rejects(run, /--transport must be one of h2, http, not "quic"/)
})
