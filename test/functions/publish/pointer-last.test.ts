import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRacer } from '../../support/races/racer.ts'
import { openWorld } from '../../support/races/world.ts'

for (const held of ['put blob', 'put layout'])
  test(`the pointer is not moved while a "${held}" is still on its way`, async (t) => {
    const world = openWorld(1)
    t.after(() => world.close())
    world.truth.task('web', 't1', { port: 8001, reason: 'passing' })
    startRacer(world, 'publisher')
    await world.pass(5_000, ({ what }) => what !== held)
    assert.ok(world.turns.waiting().some(({ what }) => what === held))
    assert.equal(world.bucket.pointers().length, 0)
    await world.pass(5_000)
    assert.equal(world.bucket.pointers().length, 1)
  })
