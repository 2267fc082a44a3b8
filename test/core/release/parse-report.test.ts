import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseReport } from '../../../core/release/parse-report.ts'
import { property } from '../../support/scale.ts'

const layout = 'a'.repeat(64)
const report = {
  ...{ host: 'AROA:i-1', deployment: 'shop', channel: 'canary', outcome: 'rejected', step: 'test' },
  ...{ reason: 'nginx says no', at: '2026-11-20T12:00:00.000Z', offered: { layout }, applied: null },
}

test('what a report says of layouts is read', () => {
  const rest = { release: null, live: null, nginx: '', agent: '', mode: '' }
  assert.deepEqual(parseReport(JSON.stringify(report)), { ...report, ...rest, offered: layout })
})

test('what a report says of its host is read, as far as it is as expected', () => {
  const live = { at: '2026-11-20T12:00:00.000Z', afterMs: 750 }
  const own = { nginx: '1.30.6', agent: '0.1.0', mode: 'resolve', live }
  const applied = { layout, releaseId: 'b'.repeat(64) }
  const read = (over: object) => parseReport(JSON.stringify({ ...report, applied, ...own, ...over }))
  const { nginx, agent, mode, live: since, release } = read({}) ?? assert.fail()
  assert.deepEqual({ nginx, agent, mode, live: since }, own)
  assert.equal(release, applied.releaseId)
  for (const odd of [null, 7, {}, { at: 'noon', afterMs: 1 }, { ...live, afterMs: -1 }])
    assert.equal(read({ live: odd })?.live, null)
  assert.equal(read({ mode: 'x'.repeat(300) })?.mode, '')
})

test('a report of a newer format is read as far as it says the same', () => {
  const newer = {
    ...{ ...report, schema: 2, outcome: 'hovering', step: 'dance', zone: { a: 1 } },
    ...{ applied: { layout, regions: [] }, agent: '9.0.0', nginx: '2.0.0' },
  }
  const read = parseReport(JSON.stringify(newer)) ?? assert.fail('not read')
  assert.deepEqual([read.outcome, read.step, read.applied], ['hovering', 'dance', layout])
  assert.deepEqual([read.agent, read.nginx], ['9.0.0', '2.0.0'])
})

test('a reason of any length is cut, and one that is missing is empty', () => {
  const read = (reason: unknown) => parseReport(JSON.stringify({ ...report, reason }))?.reason
  assert.equal(read('x'.repeat(10_000))?.length, 500)
  assert.equal(read(undefined), '')
})

test('whatever else a host writes is no report, and no error', () => {
  for (const content of ['', '[]', 'null', '{}', '{"host":1}']) assert.equal(parseReport(content), null)
  fc.assert(
    fc.property(fc.json(), (content) => {
      const read = parseReport(content)
      assert.ok(read === null || typeof read.host === 'string')
    }),
    property(1_000),
  )
})
