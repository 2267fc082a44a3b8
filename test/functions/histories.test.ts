import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startTestConsul } from '../support/consul.ts'
import { openClient } from '../support/register.ts'
import { property } from '../support/scale.ts'
import { clearConsul, realConsul } from '../support/world/consul-view.ts'
import { playHistory } from '../support/world/histories.ts'
import { type Proof, prove } from '../support/world/shards.ts'
import { anyWorld } from '../support/world/worlds.ts'

const proofs: readonly (readonly [Proof, number, string])[] = [
  [
    'histories',
    20_000,
    'whatever is lost, late, twice or cut short: the catalog ends as ECS says, no stopped task passes, no live one is deleted',
  ],
  ['events', 10_000, 'without reconcile the highest version delivered wins, in whatever order events come'],
]

for (const [proof, full, rule] of proofs) {
  test(rule, { timeout: 300_000 }, async (t) => {
    const { numRuns, seed } = property(full)
    for (const { code, output } of await prove(proof, numRuns, seed, t.signal)) {
      assert.equal(code, 0, output)
      t.diagnostic(output.trim())
    }
  })
}

test('the same holds for histories that are played against the real Consul', async (t) => {
  const client = openClient(await startTestConsul(t), t)
  const played = fc.asyncProperty(anyWorld, async (world) => {
    await clearConsul(client)
    await playHistory(world, realConsul(client))
  })
  await fc.assert(played, property(500))
})
