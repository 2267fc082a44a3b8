import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { startTestConsul } from '../../support/consul.ts'
import { moves, stepOf } from '../../support/consul-contract/moves.ts'
import { scenarios } from '../../support/consul-contract/scenarios.ts'
import { type Step, transcribe } from '../../support/consul-contract/transcript.ts'
import { cleanUp, everything } from '../../support/consul-contract/words.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { openClient } from '../../support/register.ts'
import { property } from '../../support/scale.ts'

test('the Consul in memory answers as the real one does', async (t) => {
  const real = openClient(await startTestConsul(t, { tls: false }), t)
  const memory = createMemoryConsul()

  async function compare(steps: readonly Step[]): Promise<void> {
    const [expected, actual] = await Promise.all(
      [real, memory].map(async (client: ConsulClient) => {
        await transcribe(client, cleanUp)
        return transcribe(client, steps, everything)
      }),
    )
    assert.deepEqual(actual, expected)
  }

  await t.test('whatever is asked in whatever order', async () => {
    const sequences = fc.asyncProperty(moves, (sequence) => compare(sequence.map(stepOf)))
    await fc.assert(sequences, property(2_000))
  })

  for (const [name, steps] of Object.entries(scenarios)) await t.test(name, () => compare(steps))
})
