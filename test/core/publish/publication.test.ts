import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followedSources } from '../../../core/publish/followed.ts'
import { decideTick, parseLeader } from '../../../core/publish/leader.ts'
import { resignAt } from '../../../core/publish/next-pointer.ts'
import { changesBetween } from '../../../core/publish/publication.ts'
import type { Layout } from '../../../core/release/layout.ts'
import { endpointsOf } from '../../support/routes.ts'

test('a publication tells who joined, and who left and why', () => {
  const before = endpointsOf({ web: ['10.0.0.1:80', '10.0.0.2:80'], old: ['10.0.0.9:80'] })
  const after = endpointsOf({ web: ['10.0.0.2:80', '10.0.0.3:80'] })
  const why = (_source: string, server: string) => (server === '10.0.0.1:80' ? 'draining' : undefined)
  assert.deepEqual(changesBetween(before, after, why), [
    { service: 'old@dc1', joined: [], left: [{ server: '10.0.0.9:80', why: 'no layout uses the service' }] },
    { service: 'web@dc1', joined: ['10.0.0.3:80'], left: [{ server: '10.0.0.1:80', why: 'draining' }] },
  ])
  assert.deepEqual(changesBetween(after, after, why), [])
})

test('tagged services, the operator’s and those of layouts in use are followed', () => {
  const index = new Map([
    ['web', ['nginx']],
    ['api', ['nginx.host=api.test']],
    ['db', ['primary']],
  ])
  const sources = [
    { source: 'gone@dc1', share: 1 },
    { source: 'far@dc2', share: 1 },
  ]
  const layout = { upstreams: [{ sources }] } as unknown as Layout
  const indexes = new Map([['dc1', index]])
  const settings = { operatorSources: ['static@dc1'], datacenters: ['dc1'] }
  const here = followedSources(indexes, [layout], settings)
  assert.deepEqual([...here].sort(), ['api@dc1', 'gone@dc1', 'static@dc1', 'web@dc1'])
  // Nothing was read of dc2 yet, so that only what is in use there is known.
  const both = followedSources(indexes, [layout], { operatorSources: [], datacenters: ['dc1', 'dc2'] })
  assert.deepEqual([...both].sort(), ['api@dc1', 'far@dc2', 'gone@dc1', 'web@dc1'])
})

const own = { code: 'a', config: 'c', deadline: 900_000 }
const ticks = [
  ['nobody leads', null, 'lead'],
  ['the leader has time left', { ...own, deadline: 600_000 }, 'leave'],
  ['the leader’s time is nearly over', { ...own, deadline: 60_000 }, 'stand by'],
  ['the leader has other code', { ...own, code: 'b' }, 'ask to yield'],
  ['the leader has other settings', { ...own, config: 'd' }, 'ask to yield'],
  ['the lock’s value is no record', parseLeader('nonsense'), 'ask to yield'],
] as const
for (const [when, leader, decision] of ticks)
  test(`where ${when}, a tick decides to ${decision}`, () => {
    assert.equal(decideTick(leader, own, 0), decision)
  })

test('a pointer is signed again when a third of its life is over', () => {
  const life = { created: '2026-11-20T00:00:00.000Z', expires: '2026-11-23T00:00:00.000Z' }
  assert.equal(resignAt(life), Date.parse('2026-11-21T00:00:00.000Z'))
})
