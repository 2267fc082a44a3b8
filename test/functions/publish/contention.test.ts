import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releasesOf } from '../../support/races/oracle.ts'
import { startRacer } from '../../support/races/racer.ts'
import { openWorld } from '../../support/races/world.ts'

test('thirty leaders at once, each of which shuts out the others, come to a publication all the same', async (t) => {
  const world = openWorld(3, { lock: 'broken' })
  t.after(() => world.close())
  world.truth.task('web', 't1', { port: 8001, reason: 'passing' })
  for (let n = 0; n < 30; n += 1) startRacer(world, `leader ${n}`)
  await world.pass(5_000)
  world.truth.task('web', 't2', { port: 8002, reason: 'passing' })
  const since = world.now()
  const isOut = () => releasesOf(world).at(-1)?.service('web')?.ports.length === 2
  while (!isOut()) {
    await world.run(500)
    await world.pass(250, () => false)
    assert.ok(world.now() - since < 60_000, 'nothing was published within a minute')
  }
})
