import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releasesOf } from '../../support/races/oracle.ts'
import { startRacer } from '../../support/races/racer.ts'
import { openWorld } from '../../support/races/world.ts'

test('the next publisher knows who is behind an address, though nothing was published when that changed', async (t) => {
  const world = openWorld(1)
  t.after(() => world.close())
  const { truth } = world
  const ports = () => releasesOf(world).at(-1)?.service('web')?.ports
  truth.task('web', 'old', { port: 8001, reason: 'passing' })
  truth.proof('web', 'old', 'live')
  const first = startRacer(world, 'first')
  await world.pass(5_000)

  // On one host a task often follows another one on the same port.
  truth.proof('web', 'old', 'gone')
  truth.remove('web', 'old')
  truth.task('web', 'new', { port: 8001, reason: 'passing' })
  truth.proof('web', 'new', 'live')
  await world.pass(5_000)
  first.stop()
  await world.pass(1_000)

  truth.remove('web', 'new')
  const second = startRacer(world, 'second')
  await world.pass(15_000)
  assert.deepEqual(ports(), [8001])
  truth.proof('web', 'new', 'gone')
  await world.pass(15_000)
  assert.deepEqual(ports(), [])
  second.stop()
  await world.pass(1_000)
})
