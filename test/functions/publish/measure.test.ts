import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../../adapters/metrics.ts'
import { createMeter } from '../../../functions/publish/measure.ts'
import { startRacer } from '../../support/races/racer.ts'
import { openWorld } from '../../support/races/world.ts'

type Line = Readonly<Record<string, unknown>>

function measured() {
  const lines: Line[] = []
  return { lines, metrics: createMetrics('shop', (line) => lines.push(JSON.parse(line))) }
}

test('every minute it is written how things stand, holds and empty upstreams too', async (t) => {
  const world = openWorld(1)
  t.after(() => world.close())
  const { lines, metrics } = measured()
  world.truth.task('web', 't1', { port: 8001, reason: 'passing' })
  world.truth.task('api', 't2', { port: 8002, reason: 'waiting' })
  world.truth.proof('web', 't1', 'live')
  const racer = startRacer(world, 'only', { metrics })
  await world.pass(20_000)
  world.truth.remove('web', 't1')
  await world.pass(45_000)
  const [first] = lines
  assert.deepEqual(
    [first?.Held, first?.EmptyUpstreams, first?.Published, first?.WatchesFailing, first?.StaleFor],
    [1, 1, 1, 0, 0],
  )
  assert.deepEqual([typeof first?.ChangeToPublished, typeof first?.PublishMs], ['number', 'number'])

  world.truth.proof('web', 't1', 'gone')
  await world.pass(60_000)
  assert.deepEqual([lines[1]?.Held, lines[1]?.EmptyUpstreams, lines[1]?.Published], [0, 2, 1])
  racer.stop()
  await world.pass(1_000)
})

test('it is told for how long something could not be read or published', () => {
  const { lines, metrics } = measured()
  let now = 1_000_000
  const meter = createMeter(metrics, () => now)
  const after = (ms: number, isInStep: boolean, failing: number) => {
    now += ms
    meter.tick(isInStep, failing)
  }
  after(50_000, true, 0)
  after(10_000, true, 3)
  after(60_000, false, 0)
  after(60_000, true, 0)
  assert.deepEqual(
    lines.map(({ StaleFor, WatchesFailing, Held }) => [StaleFor, WatchesFailing, Held]),
    [
      [10_000, 3, 0],
      [70_000, 0, 0],
      [0, 0, 0],
    ],
  )
})
