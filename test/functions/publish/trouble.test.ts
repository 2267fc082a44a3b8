import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuaysideError } from '../../../core/errors.ts'
import { createTrouble } from '../../../functions/publish/trouble.ts'

const away = new QuaysideError('CONSUL_UNREACHABLE', 'nobody answers')

function trouble() {
  const lines: { event: string; [field: string]: unknown }[] = []
  const write = (event: string, fields = {}) => void lines.push({ event, ...fields })
  const clock = { now: 1_000_000 }
  return { lines, clock, ...createTrouble({ info: write, warn: write, error: write }, () => clock.now) }
}

test('a dependency that goes on failing is told of once, and its recovery once', () => {
  const { lines, clock, failed, recovered } = trouble()
  for (let attempt = 0; attempt < 10; attempt += 1) failed('catalog/services', away)
  clock.now += 5_000
  recovered('catalog/services')
  recovered('catalog/services')
  assert.deepEqual(lines, [
    { event: 'watch-failed', dependency: 'catalog/services', error: 'nobody answers' },
    { event: 'watches-recovered', forMs: 5_000 },
  ])
})

test('of a thousand dependencies five are named, and a minute later all are counted in one line', () => {
  const { lines, clock, failed } = trouble()
  for (let n = 0; n < 1_000; n += 1) failed(`health/service/s${n}`, away)
  assert.equal(lines.length, 5)
  clock.now += 60_000
  for (let n = 0; n < 1_000; n += 1) failed(`health/service/s${n}`, away)
  assert.deepEqual(lines[5], {
    ...{ event: 'watches-failing', dependencies: 1_000, forMs: 60_000 },
    error: 'nobody answers',
  })
  assert.equal(lines.length, 6)
})

test('another kind of failure is news', () => {
  const { lines, failed } = trouble()
  failed('catalog/services', away)
  failed('catalog/services', new QuaysideError('CONSUL_DENIED', 'the token is refused'))
  assert.deepEqual(
    lines.map(({ error }) => error),
    ['nobody answers', 'the token is refused'],
  )
})
