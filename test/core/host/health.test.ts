import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../core/canonical.ts'
import type { CycleFacts } from '../../../core/host/counts.ts'
import { describeHealth } from '../../../core/host/describe-health.ts'
import { describeState, healthOf } from '../../../core/host/health.ts'
import { emptyState } from '../../../core/host/host-state.ts'
import type { HostView } from '../../../core/host/host-view.ts'
import { hostView } from '../../support/host-view.ts'

const ended = (outcome: CycleFacts['outcome'], reason: string): HostView['last'] => ({
  ...{ outcome, step: null, reason, timings: {}, retryInMs: null },
  msAgo: 100,
})

const ref = (name: string) => ({ sha256: sha256(name), size: 1 })
const installed = {
  ...{ configId: sha256('c'), releaseId: sha256('r'), generation: 7, volatile: [] },
  ...{ layout: ref('l'), endpoints: ref('e') },
}

test('a host that follows its channel works, also one whose offered layout failed and whose polls fail for a while', () => {
  const mark = { id: sha256('l'), failures: 1, retryAt: 0, host: '', step: 'test', reason: 'no' } as const
  const working: readonly Partial<HostView>[] = [
    {},
    { last: null, polledMsAgo: null, fineMsAgo: null, state: null, upMs: 100, isRunning: null },
    { last: ended('failed', 'S3 is away'), polledMsAgo: 59_000, fineMsAgo: 59_000 },
    { state: { ...emptyState('d', 'c'), bad: [mark] }, last: ended('rejected', 'no') },
    { pollMs: 3_600_000, polledMsAgo: 4 * 3_600_000, fineMsAgo: 4 * 3_600_000 },
    { busyMs: 100_000 },
    { waitingMs: 59_000, last: ended('waiting', 'reloads are 2 s apart') },
  ]
  for (const over of working) assert.deepEqual(healthOf(hostView(over)).reason, '')
})

const troubles: readonly (readonly [string, Partial<HostView>, RegExp])[] = [
  ['files that can’t be opened', { state: null, last: ended('failed', 'disk full') }, /open its files: disk/],
  ['polls that fail', { polledMsAgo: 61_000, last: ended('failed', '503') }, /not heard for 61 s: 503/],
  ['a channel that was never heard', { polledMsAgo: null }, /not heard for 600 s/],
  ['slow polls that fail', { pollMs: 3_600_000, polledMsAgo: 18_000_001 }, /not heard for 18000 s/],
  ['a refused pointer', { refused: 'RELEASE_UNSUPPORTED: newer' }, /^RELEASE_UNSUPPORTED: newer$/],
  ['an expired pointer', { last: ended('stale', 'expired at noon') }, /^STALE: expired at noon/],
  ['nginx that is down', { isRunning: false }, /^HOST_NGINX_DOWN/],
  ['cycles that fail', { fineMsAgo: 70_000, last: ended('failed', 'disk') }, /failing for 70 s: disk/],
  [
    'a change that nginx does not take up',
    { waitingMs: 61_000, last: ended('waiting', 'nginx has not asked') },
    /waiting for 61 s: nginx has not asked/,
  ],
  ['a cycle that hangs', { busyMs: 400_000 }, /a cycle has been running for 400 s/],
]
for (const [what, over, reason] of troubles)
  test(`${what} is a reason not to work`, () => {
    const health = healthOf(hostView(over))
    assert.equal(health.working, false)
    assert.match(health.reason, reason)
  })

test('what is refused is told with its reason and when it is tried again', () => {
  const mark = { id: sha256('l'), failures: 2, retryAt: 0, host: '', step: 'test', reason: 'no' } as const
  const state = { ...emptyState('d', 'c'), bad: [mark], confirmed: installed, pending: installed }
  const { refused, applied, pending } = healthOf(hostView({ state, refused: 'forged' }))
  assert.deepEqual(
    refused.map(({ what, reason }) => [what, reason]),
    [
      ['pointer', 'forged'],
      ['content', 'no'],
    ],
  )
  assert.equal(refused[1]?.retryAt, '1970-01-01T00:00:00.000Z')
  assert.deepEqual([applied?.generation, applied?.configId, pending?.layout], [7, sha256('c'), sha256('l')])
})

test('people read the same in lines, also from a state file and from an agent that says less', () => {
  const state = { ...emptyState('d', 'c'), confirmed: installed }
  const lines = describeHealth(healthOf(hostView({ state, drainingGenerations: 2 }))).join('\n')
  assert.match(lines, /^agent: +follows its channel$/m)
  assert.match(lines, /^applied: +generation 7, release [0-9a-f]{12}, configuration [0-9a-f]{12}$/m)
  assert.match(lines, /^draining: +2 old generations/m)
  assert.deepEqual(
    describeHealth(describeState(state)).map((line) => line.split(':')[0]),
    ['channel', 'applied'],
  )
  assert.deepEqual(describeHealth({}), [])
})

test('what is shown to people holds no control character, and why a host is static', () => {
  const last = ended('rejected', 'unknown directive "\u001b[2Jx\n\u009b1A"')
  const lines = describeHealth(healthOf(hostView({ last, modeReason: 'the DNS port is taken' })))
  assert.doesNotMatch(lines.join(''), /\p{Cc}/u)
  assert.ok(lines.some((line) => line.endsWith('mode static (the DNS port is taken)')))
})
