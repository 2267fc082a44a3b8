import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releasesOf } from '../../support/races/oracle.ts'
import { startRacer } from '../../support/races/racer.ts'
import { openWorld, type World } from '../../support/races/world.ts'

const leaders = 40
const longestMs = 30_000

for (const seed of [1])
  test(`forty leaders at once, each of which shuts out the others, come to publications all the same (${seed})`, async (t) => {
    const world = openWorld(seed, { lock: 'broken' })
    t.after(() => world.close())
    serve(world, 8001)
    for (let n = 0; n < leaders; n += 1) startRacer(world, `leader ${n}`)
    await world.pass(5_000)
    for (const port of [8002, 8003]) {
      serve(world, port)
      const since = world.now()
      while (!shows(world, port)) {
        await world.run(600)
        await world.pass(250, () => false)
        assert.ok(world.now() - since < longestMs, `nothing was published within ${longestMs} ms`)
      }
    }
  })

function serve({ truth }: World, port: number): void {
  truth.task('web', 't1', { port, reason: 'passing' })
}

function shows(world: World, port: number): boolean {
  return releasesOf(world).at(-1)?.service('web')?.ports.join() === String(port)
}
