import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { startTestConsul } from '../../support/consul.ts'
import { scenarios } from '../../support/consul-contract/scenarios.ts'
import { type Step, transcribe } from '../../support/consul-contract/transcript.ts'
import { cleanUp, everything } from '../../support/consul-contract/words.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { openClient } from '../../support/register.ts'

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

  for (const [name, steps] of Object.entries(scenarios)) await t.test(name, () => compare(steps))
})
