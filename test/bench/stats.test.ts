import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summarise } from '../../bench/stats.ts'

test('percentiles are of the nearest rank, whatever the order of the samples', () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.deepEqual(summarise(samples), { count: 100, p50: 50, p99: 99, max: 100 })
})

test('one sample is its own median and maximum', () => {
  assert.deepEqual(summarise([7.04]), { count: 1, p50: 7, p99: 7, max: 7 })
})

test('nothing measured is no summary, rather than zeros', () => {
  assert.equal(summarise([]), null)
})
