import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reconciled } from '../../support/faults/functions.ts'
import { applies, type FaultKind, faultKinds, wellFormed } from '../../support/faults/kinds.ts'
import { openStage } from '../../support/faults/stage.ts'
import { isFull } from '../../support/scale.ts'

test('reconciling through one fault', async (t) => {
  const { world, fleet, proxies, reconcile, cleanPass, wait } = await openStage(t)

  let round = 0
  const undecided = new Set<string>()

  /** Gives the next pass something of everything to do; returns the tasks that serve and must go on serving. */
  async function stir(): Promise<ReadonlySet<string>> {
    round += 1
    const [stopped, lost, blamed, ...others] = world.live().map(({ id }) => id)
    assert.ok(stopped && lost && blamed)
    world.stop(stopped)
    await fleet.lose(lost)
    await fleet.blame(blamed)
    // As many as are stopped and forgotten, so that there are always as many pages.
    for (const part of ['a', 'b']) world.start(`new-${round}${part}`)
    return new Set(others)
  }

  /** A task that ECS forgets: the next clean pass sees it missing, the one after that may remove it. */
  function forgetOne(): void {
    const [id = ''] = world.live().map((task) => task.id)
    undecided.clear()
    undecided.add(id)
    world.forget(id)
  }

  for (let n = 0; n < 230; n++) world.start(`task-${n}`)
  await cleanPass()
  await fleet.assertTrue()
  world.forget('task-229')
  undecided.add('task-229')
  await cleanPass()
  await stir()
  await cleanPass()
  const labels = [...new Set(proxies.calls.map(({ label }) => label))]
  await fleet.assertTrue()

  async function oneFault(label: string, kind: FaultKind): Promise<void> {
    const serving = await stir()
    wait(31_000)
    proxies.setPlan((call) => (call.label === label ? kind : null))
    const faulty = await reconcile({}, true)
    const said = describe(faulty)
    assert.ok(
      proxies.calls.some((call) => call.label === label),
      'no call met the fault',
    )
    await fleet.assertServing(serving)
    if (!isVisible(faulty) && !wellFormed.has(kind)) {
      assert.ok(await fleet.isTrue(undecided), `the pass neither did its work nor said why: ${said}`)
    }
    await cleanPass()
    forgetOne()
    await cleanPass()
    await fleet.assertTrue(undecided)
  }

  /** Whatever a failed case left behind is no concern of the next. */
  async function recover(): Promise<void> {
    undecided.clear()
    for (let n = 0; n < 3; n++) await cleanPass()
    await fleet.assertTrue()
  }

  const cases = labels.flatMap((label, at) =>
    faultKinds
      .filter((kind) => applies(kind, { label }))
      .filter((_, index, all) => isFull || index === at % all.length)
      .map((kind) => ({ label, kind })),
  )
  for (const { label, kind } of cases)
    await t.test(`${kind}: ${label}`, () =>
      oneFault(label, kind).catch(async (error) => {
        await recover()
        throw error
      }),
    )
})

/** Whether an operator sees that something went wrong, and what. */
function isVisible({ lines }: Reconciled): boolean {
  return lines.some(({ level, event, reason }) => level !== 'info' && event !== 'drift-repaired' && !!reason)
}

function describe({ error, pass, lines }: Reconciled): string {
  return JSON.stringify({ error: String(error), pass, lines: lines.filter(({ level }) => level !== 'info') })
}
