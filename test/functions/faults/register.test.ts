import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instanceLost } from '../../support/deployment.ts'
import { clusterArn } from '../../support/event.ts'
import type { Registered } from '../../support/faults/functions.ts'
import { applies, type FaultKind, faultKinds, wellFormed } from '../../support/faults/kinds.ts'
import { openStage } from '../../support/faults/stage.ts'
import { isFull } from '../../support/scale.ts'

test('registering a batch through one fault', async (t) => {
  const { world, fleet, proxies, register, cleanPass, wait } = await openStage(t)
  let round = 0
  let before: string | null = null

  /** A batch in which something of everything happens. */
  function nextBatch(): {
    readonly messages: ReadonlyMap<string, object>
    readonly serving: readonly string[]
  } {
    round += 1
    const [drained = '', ...serving] = world.live().map(({ id }) => id)
    const messages = new Map<string, object>()
    world.start(`late-${round}`)
    messages.set('an event that is old', world.event(`late-${round}`))
    wait(90_000)
    world.start(`new-${round}`)
    messages.set('a task that runs', world.event(`new-${round}`))
    world.startUnchecked(`api-${round}`)
    messages.set('a task that waits for its health check', world.event(`api-${round}`))
    world.drain(drained)
    messages.set('a task that is being stopped', world.event(drained))
    if (before !== null) {
      world.stop(before)
      messages.set('a task that has stopped', world.event(before))
    }
    before = drained
    messages.set('an instance that is lost', instanceLost('i-0ffffffffffffffff'))
    const tasks = [world.task(`api-${round}`).arn]
    messages.set('a look at health', { kind: 'health', cluster: clusterArn, tasks, hop: 0 })
    return { messages, serving }
  }

  for (let n = 0; n < 6; n++) world.start(`task-${n}`)
  await cleanPass()
  assert.deepEqual((await register(nextBatch().messages)).failed, [])
  proxies.setPlan(null)
  assert.deepEqual((await register(nextBatch().messages)).failed, [])
  const labels = [...new Set(proxies.calls.map(({ label }) => label))]
  await fleet.assertTrue()

  async function oneFault(label: string, kind: FaultKind): Promise<void> {
    const { messages, serving } = nextBatch()
    proxies.setPlan((call) => (call.label === label ? kind : null))
    const faulty = await register(messages, true)
    assert.ok(
      proxies.calls.some((call) => call.label === label),
      'no call met the fault',
    )
    await fleet.assertServing(serving)
    assertExplained(faulty)
    proxies.setPlan(null)
    const again = new Map([...messages].filter(([id]) => faulty.failed.includes(id)))
    assert.deepEqual((await register(again)).failed, [])
    // What an answer said that may have been true is put right by reconcile, and nothing else may be left to it.
    if (wellFormed.has(kind)) await cleanPass()
    await fleet.assertTrue()
  }

  const cases = labels.flatMap((label, at) =>
    faultKinds
      .filter((kind) => applies(kind, { label }))
      .filter((_, index, all) => isFull || index === at % all.length)
      .map((kind) => ({ label, kind })),
  )
  for (const { label, kind } of cases) {
    await t.test(`${kind}: ${label}`, () =>
      oneFault(label, kind).catch(async (error) => {
        for (let n = 0; n < 3; n++) await cleanPass()
        await fleet.assertTrue()
        throw error
      }),
    )
  }
})

/** Each message that failed stands in a line that says why, and none is given up for an answer that was wrong. */
function assertExplained({ failed, lines }: Registered): void {
  const told = lines.filter(({ event }) => event === 'record-failed')
  const named = told.flatMap(({ messageId, messageIds }) => messageIds ?? [messageId])
  assert.deepEqual(named.sort(), [...failed].sort())
  for (const { code, reason, retryable } of told)
    assert.ok(code && reason && retryable === true, `${code}: ${reason}`)
}
