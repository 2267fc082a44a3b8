import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dnsVerdict } from '../../../../core/host/resolve/dns-verdict.ts'

const name = 'quayside_web.http.quayside'
const cases: [string, Parameters<typeof dnsVerdict>[0], string, RegExp?][] = [
  ['nobody has asked yet', { now: 900, servedAt: 0, answeredAt: null, unanswered: [name] }, 'wait'],
  ['all was just given', { now: 2_000, servedAt: 0, answeredAt: 2_000, unanswered: [] }, 'wait'],
  [
    'nginx had the time to use it',
    { now: 3_000, servedAt: 0, answeredAt: 2_000, unanswered: [] },
    'confirmed',
  ],
  [
    'nobody asks any more',
    { now: 10_000, servedAt: 0, answeredAt: null, unanswered: [name, 'b', 'c'] },
    'late',
    /has not asked for the addresses of quayside_web\.http\.quayside and 2 other names in 10 s/,
  ],
  ['all was given late', { now: 20_000, servedAt: 0, answeredAt: 19_500, unanswered: [] }, 'wait'],
]

for (const [when, facts, state, reason = /./] of cases)
  test(`new addresses are ${state} when ${when}`, () => {
    const verdict = dnsVerdict(facts)
    assert.equal(verdict.state, state)
    if (verdict.state !== 'confirmed') assert.match(verdict.reason, reason)
  })
