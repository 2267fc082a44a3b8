import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { releasesOf } from '../../support/races/oracle.ts'
import { type Racer, startRacer } from '../../support/races/racer.ts'
import { openWorld, type World } from '../../support/races/world.ts'

/** More than a publication's debounce and budget. */
const restMs = 15_000

function open(t: TestContext): World {
  const world = openWorld(1)
  t.after(() => world.close())
  serve(world, 8001)
  return world
}

/** The one that passes; the other one fails its health check. */
function serve({ truth }: World, port: number): void {
  for (const one of [8001, 8002])
    truth.task('web', `t${one}`, { port: one, reason: one === port ? 'passing' : 'unhealthy' })
}

const ports = (world: World) => releasesOf(world).map((release) => release.service('web')?.ports.join())

/** Its session is lost while it is paused, and another publisher comes to rest in its place. */
async function handOver(world: World, old: Racer, between: () => Promise<void>): Promise<Racer> {
  old.actor.paused = true
  world.lock.expire()
  const next = startRacer(world, 'next')
  await between()
  await world.pass(restMs)
  return next
}

test('a writer that was paused before its write and wakes after A, B, A and a hand-over is refused', async (t) => {
  const world = open(t)
  const old = startRacer(world, 'old')
  await world.pass(restMs)
  serve(world, 8002)
  const isWriting = () => world.turns.waiting().some(({ what }) => what === 'put pointer')
  while (!isWriting()) await world.pass(250, ({ what }) => what !== 'put pointer')
  const next = await handOver(world, old, async () => serve(world, 8001))
  // The channel says what the catalog says, so the new leader had nothing to publish: only its fence is in the way.
  assert.equal(next.log.includes('published'), false)
  const before = world.bucket.pointers()
  old.actor.paused = false
  await world.run(2, ({ actor, what }) => actor === old.actor && what.startsWith('put pointer'))
  assert.deepEqual(world.bucket.pointers(), before)
  assert.ok(old.log.includes('publish-conflict'))
  assert.equal(old.log.filter((event) => event === 'published').length, 1)
})

test('so it is wherever in its work it was paused, and whether or not the new leader published', async (t) => {
  for (const published of [false, true]) {
    for (let turns = 0; turns < 40; turns += 1) {
      const world = openWorld(turns)
      t.after(() => world.close())
      serve(world, 8001)
      const old = startRacer(world, 'old')
      await world.pass(restMs)
      serve(world, 8002)
      await world.pass(250, ({ what }) => what.startsWith('watch'))
      await world.run(turns)
      const wasOut = ports(world).includes('8002')
      await handOver(world, old, async () => {
        if (published) await world.pass(restMs)
        serve(world, 8001)
      })
      const before = world.bucket.pointers().length
      old.actor.paused = false
      await world.pass(restMs)
      const since = ports(world).slice(before)
      assert.ok(
        since.every((port) => port === '8001'),
        `paused after ${turns} turns, it published ${since}`,
      )
      assert.equal(ports(world).slice(0, before).includes('8002'), wasOut || published)
      await world.close()
    }
  }
})
