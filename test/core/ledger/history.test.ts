import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostLossFact, hostWarningFact } from '../../../core/ledger/make-fact.ts'
import type { TaskStatus } from '../../../local/aws/ecs/model.ts'
import { factOf, memoryLedger, seenTask } from '../../support/ledger.ts'
import { property } from '../../support/scale.ts'

const statuses: readonly [TaskStatus, 'RUNNING' | 'STOPPED'][] = [
  ['PROVISIONING', 'RUNNING'],
  ['PENDING', 'RUNNING'],
  ['RUNNING', 'RUNNING'],
  ['RUNNING', 'RUNNING'],
  ['RUNNING', 'STOPPED'],
  ['DEACTIVATING', 'STOPPED'],
  ['STOPPING', 'STOPPED'],
  ['DEPROVISIONING', 'STOPPED'],
  ['STOPPED', 'STOPPED'],
]

/** A task's life up to some point, each step with its version; a step may change what a container does. */
const life = fc
  .integer({ min: 1, max: statuses.length })
  .map((length) =>
    statuses
      .slice(0, length)
      .map(([lastStatus, desiredStatus], index) =>
        seenTask(
          { lastStatus, desiredStatus, version: index + 1, at: index * 1_000 },
          'event',
          index * 1_000,
        ),
      ),
  )

/** The events of a life, each delivered at least once, in any order. */
const deliveries = life.chain((events) =>
  fc
    .array(fc.nat({ max: events.length - 1 }), { maxLength: events.length * 2 })
    .chain((again) =>
      fc.shuffledSubarray([...events, ...again.flatMap((i) => events[i] ?? [])], {
        minLength: events.length + again.length,
      }),
    )
    .map((delivered) => ({ events, delivered })),
)

const passing = ({ catalog }: Pick<ReturnType<typeof memoryLedger>, 'catalog'>) =>
  [...catalog].filter(([, check]) => check === 'passing')

test('any permutation and duplication of events ends in the state of the highest version', () => {
  fc.assert(
    fc.property(deliveries, ({ events, delivered }) => {
      const inOrder = memoryLedger()
      for (const event of events) inOrder.feed((entry) => factOf(event, entry))
      const shuffled = memoryLedger()
      for (const event of delivered) shuffled.feed((entry) => factOf(event, entry))
      assert.equal(shuffled.entry()?.phase, inOrder.entry()?.phase)
      assert.equal(shuffled.entry()?.version, inOrder.entry()?.version)
      assert.deepEqual(passing(shuffled), passing(inOrder))
    }),
    property(5_000),
  )
})

test('a stopped task never comes back, whatever is delivered after its stop', () => {
  fc.assert(
    fc.property(deliveries, ({ delivered }) => {
      const ledger = memoryLedger()
      ledger.feed((entry) => factOf(seenTask({ lastStatus: 'STOPPED', version: 99 }), entry))
      for (const event of delivered) ledger.feed((entry) => factOf(event, entry))
      assert.equal(ledger.entry()?.phase, 'gone')
      assert.equal(ledger.catalog.size, 0)
    }),
    property(5_000),
  )
})

/** The events of a life in any order, with what its host's news says of it at any moments between them. */
const withHostNews = deliveries.chain(({ delivered, events }) =>
  fc
    .array(fc.tuple(fc.nat({ max: delivered.length }), fc.constantFrom(hostLossFact, hostWarningFact)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((news) => ({ delivered, events, news })),
)

test('news of its host neither ends a task for good nor brings a stopped one back', () => {
  fc.assert(
    fc.property(withHostNews, ({ delivered, events, news }) => {
      const ledger = memoryLedger()
      const task = factOf(seenTask())
      for (const step of Array.from({ length: delivered.length + 1 }, (_, index) => index)) {
        for (const [at, make] of news) if (at === step) ledger.feed((entry) => make(task, entry, 50_000))
        const event = delivered[step]
        if (event !== undefined) ledger.feed((entry) => factOf(event, entry))
      }
      const last = events.at(-1) ?? assert.fail('a life has an event')
      // What the next look at ECS finds on a host that is usable after all.
      const seen = { ...last, source: 'read' as const, at: 90_000 }
      ledger.feed((entry) => ({ ...factOf(seen, entry), source: 'host-back' }))
      const expected = memoryLedger()
      for (const event of events) expected.feed((entry) => factOf(event, entry))
      assert.equal(ledger.entry()?.phase, expected.entry()?.phase)
      assert.deepEqual(passing(ledger), passing(expected))
    }),
    property(5_000),
  )
})

test('a life that was seen in order and has ended leaves nothing in the catalog', () => {
  const ledger = memoryLedger()
  for (const [index, [lastStatus, desiredStatus]] of statuses.entries()) {
    ledger.feed((entry) => factOf(seenTask({ lastStatus, desiredStatus, version: index + 1 }), entry))
    if (index === 3) assert.deepEqual([...ledger.catalog.values()], ['passing'])
    if (index === 4) assert.deepEqual([...ledger.catalog.values()], ['draining'])
  }
  assert.equal(ledger.catalog.size, 0)
})
