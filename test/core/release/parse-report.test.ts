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
  assert.deepEqual(parseReport(JSON.stringify(report)), { ...report, offered: layout, applied: null })
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
