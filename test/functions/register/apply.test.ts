import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { casOp } from '../../../core/txn/op.ts'
import { createHandler } from '../../../functions/register/handler.ts'
import { taskEvent } from '../../support/event.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { fakeAws, registerDeps } from '../../support/register.ts'
import { property } from '../../support/scale.ts'
import { watchCommits } from '../../support/watched-client.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }
const now = Date.parse('2026-03-04T10:02:08Z')

type Fault = {
  /** Of the writing transactions, counted from 0. */
  readonly at: number
  /**
   * The answer is lost after the write or before it; somebody else wrote one of the tasks first; or Consul refuses the request.
   */
  readonly kind: 'lost-after' | 'lost-before' | 'overloaded' | 'conflict'
  /** Which operation's key is written by somebody else, of all. */
  readonly which: number
}

/** A client of which one writing transaction goes wrong. */
function faulty(client: ConsulClient, fault: Fault | null): ConsulClient {
  let count = 0
  return {
    ...client,
    request: async (asked) => {
      const isWrite = asked.path === '/v1/txn' && asked.readOnly !== true
      if (!isWrite || fault === null || count++ !== fault.at) return client.request(asked)
      if (fault.kind === 'overloaded') throw new QuaysideError('CONSUL_OVERLOADED', 'no leader')
      if (fault.kind === 'lost-after') await client.request(asked)
      if (fault.kind !== 'conflict') throw new QuaysideError('CONSUL_UNREACHABLE', 'no answer')
      await writeFirst(client, asked.body as readonly Op[], fault.which)
      return client.request(asked)
    },
  }
}

type Op = { readonly KV?: { readonly Verb: string; readonly Key: string; readonly Value: string } }

/** Another writer gets in before one of the tasks, with an older version of it that says nothing. */
async function writeFirst(client: ConsulClient, ops: readonly Op[], which: number): Promise<void> {
  const keys = ops.flatMap(({ KV }) => (KV?.Verb === 'cas' ? [KV.Key] : []))
  const key = keys[which % keys.length] ?? ''
  const { body } = await client.request({ method: 'GET', path: `/v1/kv/${key}` })
  const [found] = (body ?? []) as { ModifyIndex: number; Value: string }[]
  const entry = found === undefined ? older : JSON.parse(Buffer.from(found.Value, 'base64').toString())
  const value = JSON.stringify({ ...entry, at: entry.at + 1 })
  await client.request({
    method: 'PUT',
    path: '/v1/txn',
    body: [casOp(key, value, found?.ModifyIndex ?? 0)],
    readOnly: true,
  })
}

const older = {
  ...{ version: 1, phase: 'draining', reason: 'missing', hash: 'x', health: {}, instances: [] },
  ...{ host: null, at: 1 },
}

const faults = fc.record({
  at: fc.nat(3),
  kind: fc.constantFrom('lost-after', 'lost-before', 'overloaded', 'conflict'),
  which: fc.nat(60),
})

type Message = { readonly id: string; readonly stops: boolean }

/** Any order of so many stops of running tasks and starts of others. */
const batches = fc
  .tuple(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 25 }))
  .chain(([stops, starts]) => {
    const messages: Message[] = [
      ...Array.from({ length: stops }, (_, index) => ({ id: `old${index}`, stops: true })),
      ...Array.from({ length: starts }, (_, index) => ({ id: `new${index}`, stops: false })),
    ]
    return fc.shuffledSubarray(messages, { minLength: messages.length })
  })

let counted = 0

function recordOf({ id, stops }: Message) {
  counted++
  const event = taskEvent({ id, at: now - 1_000, ...(stops ? { desiredStatus: 'STOPPED' } : {}) })
  return { messageId: `m${counted}`, receiptHandle: `r${counted}`, body: JSON.stringify(event) }
}

async function play(messages: readonly Message[], fault: Fault | null): Promise<void> {
  const consul = createMemoryConsul()
  const seed = createHandler(registerDeps(consul, fakeAws(), () => now))
  const running = messages.filter(({ stops }) => stops).map(({ id }) => ({ id, stops: false }))
  await seed({ Records: running.map(recordOf) }, context)
  const watched = watchCommits(consul)
  const deps = registerDeps(faulty(watched, fault), fakeAws(), () => now)
  const { batchItemFailures } = await createHandler(deps)({ Records: messages.map(recordOf) }, context)
  assert.ok(Math.min(...watched.passing()) >= 1, `passing after each write: ${watched.passing()}`)
  const complaints = deps.lines.filter(({ level }) => level !== 'info')
  assert.deepEqual(batchItemFailures, [], JSON.stringify(complaints))
  const drained = watched.states.at(-1)?.filter((line) => line.endsWith('critical draining'))
  assert.equal(drained?.length, running.length, 'nothing is withheld in the end')
}

test('a batch with starts and drains of a service never leaves it without a passing instance, whatever fails once', async () => {
  const runs = fc.asyncProperty(batches, fc.option(faults), (messages, fault) => play(messages, fault))
  await fc.assert(runs, property(10_000))
})

for (const kind of ['lost-after', 'lost-before', 'overloaded', 'conflict'] as const) {
  test(`the one start of a batch is written before its drains though it fails once (${kind})`, async () => {
    const stops = Array.from({ length: 40 }, (_, index) => ({ id: `old${index}`, stops: true }))
    const start = { id: 'new', stops: false }
    await play([...stops.slice(0, 1), start], { at: 0, kind, which: 0 })
    await play([...stops, start], { at: 0, kind, which: 0 })
  })
}

test('an addition that can never be written withholds no drain', async () => {
  const consul = createMemoryConsul()
  const deps = registerDeps(consul, fakeAws(), () => now)
  const handler = createHandler(deps)
  await handler({ Records: [recordOf({ id: 'old', stops: false })] }, context)
  const refusing: ConsulClient = {
    ...consul,
    request: async (asked) => {
      const isBad = JSON.stringify(asked.body ?? '').includes('web-bad-web')
      if (asked.readOnly !== true && isBad) throw new QuaysideError('CONSUL_REFUSED', 'bad request')
      return consul.request(asked)
    },
  }
  const watched = watchCommits(refusing)
  const messages = [
    { id: 'bad', stops: false },
    { id: 'old', stops: true },
    { id: 'good', stops: false },
  ]
  const other = createHandler(registerDeps(watched, fakeAws(), () => now))
  const { batchItemFailures } = await other({ Records: messages.map(recordOf) }, context)
  assert.equal(batchItemFailures.length, 1)
  const states = watched.states.at(-1)?.map((line) => line.split(' ').at(-1))
  assert.deepEqual(states, ['passing', 'draining'])
  assert.ok(Math.min(...watched.passing()) >= 1)
})

test('an addition that loses against another writer again and again withholds a drain only until the last attempt', async () => {
  const consul = createMemoryConsul()
  const seed = createHandler(registerDeps(consul, fakeAws(), () => now))
  await seed({ Records: [recordOf({ id: 'old', stops: false })] }, context)
  const contested: ConsulClient = {
    ...consul,
    request: async (asked) => {
      const ops = Array.isArray(asked.body) ? (asked.body as Op[]) : []
      const isWrite = asked.readOnly !== true && ops[0]?.KV?.Key.endsWith('/new')
      if (isWrite) await writeFirst(consul, ops, 0)
      return consul.request(asked)
    },
  }
  const watched = watchCommits(contested)
  const deps = registerDeps(watched, fakeAws(), () => now)
  const messages = [
    { id: 'old', stops: true },
    { id: 'new', stops: false },
  ]
  const { batchItemFailures } = await createHandler(deps)({ Records: messages.map(recordOf) }, context)
  assert.equal(batchItemFailures.length, 1)
  assert.deepEqual(watched.passing(), [1, 1, 1, 1, 1, 0])
})

test('a write whose answer was lost is told as written, and once', async () => {
  const consul = createMemoryConsul()
  const seed = createHandler(registerDeps(consul, fakeAws(), () => now))
  await seed({ Records: [recordOf({ id: 'other', stops: false })] }, context)
  const deps = registerDeps(faulty(consul, { at: 0, kind: 'lost-after', which: 0 }), fakeAws(), () => now)
  const result = await createHandler(deps)({ Records: [recordOf({ id: 'a', stops: false })] }, context)
  assert.deepEqual(result.batchItemFailures, [])
  const events = deps.lines.map(({ event }) => event).filter((event) => event.startsWith('task-'))
  assert.deepEqual(events, ['task-registered'])
})
