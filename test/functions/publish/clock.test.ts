import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createLedgerAsker } from '../../../functions/publish/ask-ledger.ts'
import { createPinLook } from '../../../functions/publish/pin-look.ts'
import { evidence, keyOf, proof, t0 } from '../../support/guard.ts'
import { openTestBucket } from '../../support/operator.ts'
import { routedService } from '../../support/routes.ts'

const hoursMs = 7_200_000

test('an operator’s pin is seen within five seconds also after the clock was set back', async (t) => {
  let now = t0
  const bucket = await openTestBucket(t, { now: () => now })
  const { pointer } = await bucket.publish([routedService('web', { 'nginx-host': 'web.test' })], {
    web: ['10.0.0.1:80'],
  })
  const pinLook = createPinLook(bucket.deps)
  await bucket.quayside(['pin', ...bucket.at, ...bucket.signing])
  now -= hoursMs
  assert.equal(pinLook.dueAt(), now + 5_000)
  now += 5_000
  await assert.rejects(pinLook.look(pointer), { code: 'RELEASE_CONFLICT' })
})

test('a pointer that somebody deleted is missed, and not only when something is to be published', async (t) => {
  let now = t0
  const bucket = await openTestBucket(t, { now: () => now })
  const { pointer } = await bucket.publish([routedService('web', { 'nginx-host': 'web.test' })], {
    web: ['10.0.0.1:80'],
  })
  const gone = { ...bucket.deps, releases: { ...bucket.releases, readPointer: async () => null } }
  const pinLook = createPinLook(gone)
  now += 5_000
  await assert.rejects(pinLook.look(pointer), { code: 'RELEASE_CONFLICT' })
})

test('what the ledger said before the clock was set back is read again for what is missed after it', async () => {
  let now = t0
  let reads = 0
  const read = async () => {
    reads += 1
    return evidence(now, { 1: proof(1, 'gone') })
  }
  const asker = createLedgerAsker(
    read,
    () => {},
    () => {},
    () => now,
  )
  asker.ask([{ ledger: keyOf(1), since: now }], now)
  await turn()
  assert.equal(asker.evidence()?.readAt, t0)
  now -= hoursMs
  assert.equal(asker.evidence(), null)
  asker.ask([{ ledger: keyOf(1), since: now }], now)
  await turn()
  assert.deepEqual([reads, asker.evidence()?.readAt], [2, now])
})
