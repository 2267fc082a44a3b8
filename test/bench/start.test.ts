import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBenchmark } from '../../bench/start/start.ts'

test('every bundle starts, and has at most 250 KB beside its libraries', async () => {
  const { functions } = await startBenchmark.run(() => {}, ['--runs', '1'])
  assert.deepEqual(
    functions.map((row) => row.function),
    ['register', 'reconcile', 'publish', 'sweep'],
  )
  for (const { function: name, own_bytes, ratio } of functions) {
    assert.ok(own_bytes <= 250_000, `${name}: ${own_bytes}`)
    assert.ok(ratio > 0)
  }
})
