import assert from 'node:assert/strict'
import type { SeenConsul } from './consul-view.ts'
import { kinds } from './kinds.ts'
import { type OpenWorld, openWorld } from './play.ts'
import type { World } from './steps.ts'
import { begin } from './truth.ts'
import { assertTruth } from './verify.ts'

const all = Array.from({ length: 10 }, (_, index) => index)
const second = 1_000

/**
 * Plays a history with everything that can go wrong in it; then lets the queue empty and the passes run that the rules ask for: one for
 * what ECS says outright, a second after half a minute for what it doesn't know any more, another after the breaker's ten minutes,
 * and an operator's override where ECS lists nothing at all. The catalog then says what ECS says, and a further pass changes nothing.
 */
export async function playHistory({ anchor, steps }: World, consul?: SeenConsul): Promise<void> {
  const world = openWorld(consul)
  if (anchor) begin(world.sim, kinds.length - 1, 0, 1, 2)
  for (const task of world.sim.tasks) task.anchor = true
  for (const step of steps) {
    await world.play(step)
    assertNever(world)
  }
  for (const host of world.sim.hosts.keys()) world.sim.giveUp(host)
  world.pass(1_600 * second)
  await emptyQueue(world)
  for (const seconds of [30, 31, 31, 601, 1]) {
    world.pass(seconds * second)
    await reconcile(world, false)
  }
  await reconcile(world, true)
  await emptyQueue(world)
  await reconcile(world, false)
  await assertTruth(world)
  await assertIdle(world)
}

/** Plays a history of events alone: in the end the highest version has won, whatever came twice, late or in another order. */
export async function playEvents({ steps }: World): Promise<void> {
  const world = openWorld()
  for (const step of steps) {
    await world.play(step)
    assertNever(world)
  }
  await emptyQueue(world)
  await assertTruth(world, false)
}

async function reconcile(world: OpenWorld, override: boolean): Promise<void> {
  await world.run([{ of: 'reconcile', trouble: null }], [], { override })
  assertNever(world)
}

/** Until nothing is left but follow-ups that go on for ever: there are none. */
async function emptyQueue(world: OpenWorld): Promise<void> {
  for (let round = 0; world.mailbox.all().length > 0; round++) {
    assert.ok(round < 500, `the queue never empties: ${world.mailbox.all()[0]?.body}; ${world.log.at(-1)}`)
    await world.run([{ of: 'register', messages: all, trouble: null }], [])
    world.pass(5 * second)
    assertNever(world)
  }
}

function assertNever(world: OpenWorld): void {
  assert.deepEqual(world.watchdog.violations, [])
}

async function assertIdle(world: OpenWorld): Promise<void> {
  world.written.length = 0
  await reconcile(world, false)
  const others = world.written.filter((op) => !/"Key":"quayside\/(leases|reconciled)\//.test(op))
  assert.deepEqual(others, [], 'a pass over an unchanged cluster writes')
}
