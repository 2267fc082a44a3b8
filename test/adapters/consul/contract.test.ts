import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { fieldsOf } from '../../../core/task/fields.ts'
import { startTestConsul } from '../../support/consul.ts'
import { deniedSteps, prepared, tokens } from '../../support/consul-contract/denied.ts'
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

test('the Consul in memory refuses what the real one refuses a token', async (t) => {
  const consul = await startTestConsul(t, { tls: false, acl: true })
  const manager = openClient(consul, t)

  for (const [name, { policy, rights }] of Object.entries(tokens)) {
    await t.test(`a token ${name}`, async (t) => {
      const token = policy === null ? randomUUID() : await tokenWith(manager, policy)
      const real = openClient({ ...consul, token }, t)
      const memory = createMemoryConsul()
      for (const client of [manager, memory]) await transcribe(client, [...cleanUp, ...prepared])
      const before = [await transcribe(manager, [], everything), await transcribe(memory, [], everything)]
      memory.setRights(rights)
      const [expected, actual] = [
        await transcribe(real, [...deniedSteps, ...everything.map((read) => () => read)], [], 0),
        await transcribe(memory, [...deniedSteps, ...everything.map((read) => () => read)], [], 0),
      ]
      assert.deepEqual(actual, expected)
      assert.deepEqual(before[1], before[0])
    })
  }
})

async function tokenWith(manager: ConsulClient, rules: string): Promise<string> {
  const name = `policy-${randomUUID()}`
  const call = (path: string, body: object) => manager.request({ method: 'PUT', path, body })
  await call('/v1/acl/policy', { Name: name, Rules: rules })
  return String(
    fieldsOf((await call('/v1/acl/token', { Policies: [{ Name: name }] })).body, 'token').value.SecretID,
  )
}
