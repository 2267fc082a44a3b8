import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forget, hasServers, meantBy, placesOf } from '../../../core/publish/forget.ts'
import type { RouteMemory } from '../../../core/route/memory.ts'
import type { Tenure } from '../../../core/route/tenure.ts'
import { build, endpointsOf, routedService } from '../../support/routes.ts'

const hour = 3_600_000
const holder = (id: string, ...members: readonly string[]) => ({ id, members })
const held = (owner: string, acting = owner): Tenure => ({
  owner: holder(owner, owner),
  acting: holder(acting, acting),
  since: owner === acting ? null : 1,
})
const remembered = { labels: { 'nginx-host': 'a.test' }, cluster: 'x', goneSince: 1 }

const memory: RouteMemory = {
  services: { 'old@dc1': remembered, 'web@dc1': { ...remembered, goneSince: null } },
  hosts: {
    'a.test': {
      owner: holder('x', 'old@dc1', 'web@dc1'),
      acting: holder('x', 'old@dc1', 'web@dc1'),
      since: null,
    },
  },
  routes: {
    '80 a.test prefix /': held('old@dc1'),
    '80 a.test prefix /api': held('old@dc1', 'web@dc1'),
    '80 b.test prefix /': held('web@dc1'),
  },
}

test('a forgotten service leaves nothing behind, and who acts for it has the place from now on', () => {
  const after = forget(memory, new Set(['old@dc1']))
  assert.deepEqual(after, {
    services: { 'web@dc1': memory.services['web@dc1'] },
    hosts: { 'a.test': { owner: holder('x', 'web@dc1'), acting: holder('x', 'web@dc1'), since: null } },
    routes: {
      '80 a.test prefix /api': held('web@dc1'),
      '80 b.test prefix /': held('web@dc1'),
    },
  })
  assert.doesNotMatch(JSON.stringify(after), /old/)
})

test('a member of a group is forgotten without its group losing the place', () => {
  const group = holder('group g', 'old@dc1', 'web@dc1')
  const routes = { p: { owner: group, acting: group, since: null } }
  const after = forget({ ...memory, routes }, new Set(['old@dc1']))
  const rest = holder('group g', 'web@dc1')
  assert.deepEqual(after.routes, { p: { owner: rest, acting: rest, since: null } })
})

test('a word means a service by name or source, else those without servers that have a place on the host', () => {
  const endpoints = endpointsOf({ web: ['10.0.0.1:80'], old: [] })
  for (const [word, expected] of [
    ['old', ['old@dc1']],
    ['old@dc1', ['old@dc1']],
    ['web', ['web@dc1']],
    ['a.test', ['old@dc1']],
    ['b.test', []],
    ['nobody', []],
    ['constructor', []],
  ] as const)
    assert.deepEqual(meantBy(word, memory, endpoints), expected, word)
  assert.deepEqual(placesOf('old@dc1', memory), ['80 a.test prefix /', '80 a.test prefix /api'])
  assert.deepEqual([hasServers('web@dc1', endpoints), hasServers('constructor', endpoints)], [true, false])
})

test('a vanished service keeps its place for a day, and once forgotten gives it to whoever claims it', () => {
  const old = routedService('old', { 'nginx-host': 'a.test' })
  const next = routedService('next', { 'nginx-host': 'a.test' })
  const first = build([old]).memory
  const vanished = build([], { memory: first })
  assert.equal(vanished.model.httpServers.length, 1)
  const gone = build([], { memory: forget(vanished.memory, new Set(['old@dc1'])) })
  assert.equal(gone.model.httpServers.length, 0)
  const live = new Set<string>()
  const now = Date.UTC(2026, 10, 20, 12) + hour
  const kept = build([next], { memory: vanished.memory, live, now })
  const taken = build([next], { memory: forget(vanished.memory, new Set(['old@dc1'])), live, now })
  const owners = [kept, taken].map(({ model }) => model.httpServers[0]?.locations.map(({ owner }) => owner))
  assert.deepEqual(owners, [['old@dc1'], ['next@dc1']])
})
