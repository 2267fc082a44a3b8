import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JudgedService } from '../../../core/catalog/judge.ts'
import { guardService } from '../../../core/guard/guard.ts'
import {
  addresses,
  context,
  evidence,
  foreign,
  judged,
  keyOf,
  ours,
  proof,
  remember,
  t0,
} from '../../support/guard.ts'

describe('an instance in the catalog', () => {
  test('is in when it passes, whether or not it was in before', () => {
    const result = guardService(judged([ours(1, 'passing'), foreign(1)]), undefined, context())
    assert.deepEqual(addresses(result), ['10.0.0.1', '10.9.0.1'])
    assert.equal(result.memory.passed, true)
  })

  for (const verdict of ['draining', 'unhealthy', 'waiting', 'stopped'] as const)
    test(`leaves at once when it is ${verdict} and another passes`, () => {
      const before = remember([ours(1, 'passing'), ours(2, 'passing')])
      const result = guardService(judged([ours(1, verdict), ours(2, 'passing')]), before, context())
      assert.deepEqual(addresses(result), ['10.0.0.2'])
      assert.deepEqual(result.left, [{ id: 'web-1', server: '10.0.0.1:80', why: verdict }])
      assert.deepEqual(result.holds, [])
    })

  test('stays while draining where nothing passes, and leaves when another passes', () => {
    const before = remember([ours(1, 'passing'), ours(2, 'passing')])
    const last = guardService(judged([ours(1, 'draining'), ours(2, 'draining')]), before, context())
    assert.deepEqual(addresses(last), ['10.0.0.1', '10.0.0.2'])
    const now = judged([ours(1, 'draining'), ours(2, 'draining'), ours(3, 'passing')])
    assert.deepEqual(addresses(guardService(now, last.memory, context())), ['10.0.0.3'])
  })

  test('leaves while draining when its host is lost, even if it is the last', () => {
    const service = judged([ours(1, 'draining')])
    const first = guardService(service, remember([ours(1, 'passing')]), context())
    assert.deepEqual(first.questions, [{ ledger: keyOf(1), since: t0 }])
    const read = evidence(t0 + 1, { 1: proof(1, 'draining', { reason: 'host-loss' }) })
    const second = guardService(service, first.memory, context({ now: t0 + 2, evidence: read }))
    assert.deepEqual(addresses(second), [])
  })

  test('stays while draining as the last one when its host is only about to be taken away', () => {
    const service = judged([ours(1, 'draining')])
    const first = guardService(service, remember([ours(1, 'passing')]), context())
    const read = evidence(t0 + 1, { 1: proof(1, 'draining', { reason: 'host-warning' }) })
    const second = guardService(service, first.memory, context({ now: t0 + 2, evidence: read }))
    assert.deepEqual(addresses(second), ['10.0.0.1'])
  })

  test('that is draining and never was in does not come in', () => {
    const result = guardService(judged([ours(1, 'draining')]), remember([]), context())
    assert.deepEqual(addresses(result), [])
  })

  test('stays while unhealthy where nothing passes, as load balancers fail open', () => {
    const service = [ours(1, 'unhealthy'), ours(2, 'unhealthy')]
    assert.deepEqual(addresses(guardService(judged(service), remember([]), context())), [
      '10.0.0.1',
      '10.0.0.2',
    ])
    assert.deepEqual(addresses(guardService(judged(service, false), remember([]), context())), [])
  })

  test('stays while unhealthy beside one that drains, whichever of them was the last to serve', () => {
    const before = [ours(1, 'unhealthy'), ours(2, 'unhealthy')]
    const service = judged([ours(1, 'draining'), ours(2, 'unhealthy')])
    const result = guardService(service, remember(before), context())
    assert.deepEqual(addresses(result), ['10.0.0.1', '10.0.0.2'])
    assert.deepEqual(
      result.questions.map(({ ledger }) => ledger),
      [ours(1, 'draining').ledger],
    )
  })

  test('comes in while waiting only where the service passed before and nothing passes', () => {
    const waiting = judged([ours(1, 'waiting')])
    assert.deepEqual(addresses(guardService(waiting, remember([], false), context())), [])
    assert.deepEqual(addresses(guardService(waiting, remember([], true), context())), ['10.0.0.1'])
  })

  test('comes in while waiting beside the last draining one, whose end is known only afterwards', () => {
    const beside = judged([ours(1, 'waiting'), ours(2, 'draining')])
    const before = remember([ours(2, 'passing')])
    assert.deepEqual(addresses(guardService(beside, before, context())), ['10.0.0.1', '10.0.0.2'])
    const strict = judged(beside.instances, false)
    assert.deepEqual(addresses(guardService(strict, before, context())), ['10.0.0.2'])
  })

  test('that is stopped never serves', () => {
    const result = guardService(judged([ours(1, 'stopped')]), remember([ours(1, 'passing')]), context())
    assert.deepEqual(addresses(result), [])
  })

  test('without its own check counts as absent and is looked up', () => {
    const result = guardService(judged([ours(1, 'unproven')]), remember([ours(1, 'passing')]), context())
    assert.deepEqual(addresses(result), ['10.0.0.1'])
    assert.equal(result.holds.length, 1)
  })
})

describe('an instance of ours that vanished', () => {
  const before = remember([ours(1, 'passing')])
  const gone = judged([])
  const after = (read: Parameters<typeof evidence>[1], options: Parameters<typeof evidence>[2] = {}) => {
    const first = guardService(gone, before, context())
    return guardService(
      gone,
      first.memory,
      context({ now: t0 + 20_000, evidence: evidence(t0 + 10, read, options) }),
    )
  }

  test('is held until something was read after the loss', () => {
    const old = evidence(t0 - 1, { 1: null }, { stampedAt: t0 - 1 })
    const result = guardService(gone, before, context({ evidence: old }))
    assert.deepEqual(addresses(result), ['10.0.0.1'])
    assert.deepEqual(result.questions, [{ ledger: keyOf(1), since: t0 }])
  })

  test('leaves at once when the ledger says that its task stops or stopped', () => {
    assert.deepEqual(addresses(after({ 1: proof(1, 'gone') })), [])
    assert.deepEqual(addresses(after({ 1: proof(1, 'draining') })), [])
    assert.equal(after({ 1: proof(1, 'gone') }).left[0]?.why, 'its task is gone (ecs)')
  })

  test('leaves at once when its task is live without it', () => {
    assert.deepEqual(addresses(after({ 1: proof(1, 'live', { instances: [] }) })), [])
  })

  test('stays for ever while its task is live and lists it', () => {
    assert.deepEqual(addresses(after({ 1: proof(1) }, { stampedAt: t0 + 15_000 })), ['10.0.0.1'])
  })

  test('without a ledger entry is released only by a reconcile pass that began after the loss', () => {
    assert.deepEqual(addresses(after({ 1: null })), ['10.0.0.1'])
    assert.deepEqual(addresses(after({ 1: null }, { stampedAt: t0 - 1 })), ['10.0.0.1'])
    assert.deepEqual(addresses(after({ 1: null }, { stampedAt: t0 + 9_000, stampEpoch: 'old' })), [
      '10.0.0.1',
    ])
    assert.deepEqual(addresses(after({ 1: null }, { stampedAt: t0 + 9_000 })), [])
  })

  test('without a ledger entry leaves at once when its cluster is not configured any more', () => {
    const first = guardService(gone, before, context())
    const read = evidence(t0 + 10, { 1: null })
    const next = context({ now: t0 + 20, evidence: read, isConfigured: () => false })
    assert.deepEqual(addresses(guardService(gone, first.memory, next)), [])
  })

  test('is judged by the next read where it vanished before the clock was set back', () => {
    const first = guardService(gone, before, context())
    const [now, readAt] = [t0 - 7_200_000, t0 - 7_199_999]
    const asked = guardService(gone, first.memory, context({ now }))
    assert.deepEqual(asked.questions, [{ ledger: keyOf(1), since: now }])
    const told = (n: 'live' | 'gone') =>
      guardService(
        gone,
        first.memory,
        context({ now: readAt, evidence: evidence(readAt, { 1: proof(1, n) }) }),
      )
    assert.deepEqual(addresses(told('gone')), [])
    assert.deepEqual(addresses(told('live')), ['10.0.0.1'])
    const stamped = evidence(readAt, { 1: null }, { stampedAt: t0 - 3_600_000 })
    const unproven = guardService(gone, first.memory, context({ now: readAt, evidence: stamped }))
    assert.deepEqual(addresses(unproven), ['10.0.0.1'], 'a pass from before the loss proves nothing')
  })

  test('leaves when its address belongs to another task now', () => {
    const result = guardService(gone, before, context({ ownerOf: () => keyOf(7) }))
    assert.deepEqual(addresses(result), [])
  })

  test('is not held where another entry speaks for its address', () => {
    const moved = { ...ours(2, 'passing'), server: ours(1, 'passing').server }
    const result = guardService(judged([moved]), before, context())
    assert.deepEqual(
      result.memory.members.map(({ id }) => id),
      ['web-2'],
    )
    assert.deepEqual(result.left, [])
  })
})

describe('instances of others that vanished', () => {
  const four = [foreign(1), foreign(2), foreign(3), foreign(4)]
  const look = (present: typeof four, now: number, memory = remember(four), distrusted = false) =>
    guardService(judged(present), memory, context({ now, evidence: evidence(now, {}), distrusted }))

  test('leave at once when few are lost', () => {
    assert.equal(addresses(look(four.slice(2), t0)).length, 2)
  })

  test('are held for a minute when more than half are lost', () => {
    const first = look(four.slice(3), t0)
    assert.equal(addresses(first).length, 4)
    assert.equal(first.wakeAt, t0 + 60_000)
    assert.equal(addresses(look(four.slice(3), t0 + 59_999, first.memory)).length, 4)
    assert.equal(addresses(look(four.slice(3), t0 + 60_000, first.memory)).length, 1)
  })

  test('are held for a minute when none would be left', () => {
    const one = remember([foreign(1)])
    const first = look([], t0, one)
    assert.equal(addresses(first).length, 1)
    assert.equal(addresses(look([], t0 + 60_000, first.memory)).length, 0)
  })

  test('are held for a minute from a clock that was set back', () => {
    const now = t0 - 7_200_000
    const second = look([], now, look([], t0, remember([foreign(1)])).memory)
    assert.equal(second.wakeAt, now + 60_000)
    assert.equal(addresses(look([], now + 60_000, second.memory)).length, 0)
  })

  test('are held, or leave, by the limits that the service states for itself', () => {
    const now = context({ now: t0, evidence: evidence(t0, {}) })
    const left = (present: typeof four, guard: NonNullable<JudgedService['guard']>) =>
      addresses(guardService({ ...judged(present), guard }, remember(four), now)).length
    assert.equal(left(four.slice(1), {}), 3)
    assert.equal(left(four.slice(1), { minInstances: 4 }), 4)
    assert.equal(left(four.slice(1), { maxShrink: 0.2 }), 4)
    assert.equal(left(four.slice(3), { maxShrink: 1 }), 1)
  })

  test('are held as long as Consul is known to have lost its data', () => {
    const first = look([], t0, remember(four), true)
    assert.equal(addresses(look([], t0 + 120_000, first.memory, true)).length, 4)
    assert.equal(addresses(look([], t0 + 120_000, first.memory, false)).length, 0)
  })
})

test('a task that ends says nothing of another one at its address, as after a restore; one that lives does', () => {
  const before = remember([ours(1, 'passing')])
  const other = (verdict: 'draining' | 'waiting') => ({
    ...ours(9, verdict),
    server: ours(1, 'passing').server,
  })
  const ended = guardService(judged([other('draining')]), before, context())
  assert.deepEqual(addresses(ended), ['10.0.0.1'])
  assert.deepEqual(
    ended.holds.map(({ id }) => id),
    ['web-1'],
  )
  const lives = guardService(judged([other('waiting')]), remember([ours(1, 'passing')], false), context())
  assert.deepEqual(addresses(lives), [])
})
