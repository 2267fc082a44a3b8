import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BuiltModel } from '../../../core/route/build-model.ts'
import { explainProblem, type ProblemKind } from '../../../core/route/problem.ts'
import { build, hour, noon, publishSettings, routedService } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'

const live = (...names: string[]) => new Set(names.map((name) => `${name}@dc1`))

test('the holder of a route with a live instance keeps it against an earlier name', () => {
  const held = build([routedService('web', { 'nginx-host': 'a.test' })])
  const both = build(
    [routedService('app', { 'nginx-host': 'a.test' }), routedService('web', { 'nginx-host': 'a.test' })],
    {
      memory: held.memory,
    },
  )
  assert.deepEqual(ownersOf(both), ['web@dc1'])
  assert.deepEqual(kinds(both), ['conflict'])
})

test('an empty holder loses its route to a live claimant and gets it back within a day', () => {
  const services = [
    routedService('web', { 'nginx-host': 'a.test' }),
    routedService('app', { 'nginx-host': 'a.test' }),
  ]
  const held = build(services.slice(0, 1))
  const lost = build(services, { memory: held.memory, live: live('app') })
  assert.deepEqual(ownersOf(lost), ['app@dc1'])
  assert.deepEqual(kinds(lost), ['conflict', 'owner-changed'])
  const back = build(services, { memory: lost.memory, now: noon + 23 * hour })
  assert.deepEqual(ownersOf(back), ['web@dc1'])
  const late = build(services, { memory: lost.memory, now: noon + 25 * hour })
  assert.deepEqual(ownersOf(late), ['app@dc1'])
})

test('an empty holder keeps its route while nobody else is live', () => {
  const services = [
    routedService('web', { 'nginx-host': 'a.test' }),
    routedService('app', { 'nginx-host': 'a.test' }),
  ]
  const held = build(services.slice(0, 1))
  assert.deepEqual(ownersOf(build(services, { memory: held.memory, live: live() })), ['web@dc1'])
})

test('services of one group share a route by their weights', () => {
  const group = (weight: string) => ({ 'nginx-host': 'a.test', 'nginx-group': 'web', 'nginx-weight': weight })
  const built = build([routedService('green', group('10')), routedService('blue', group('90'))])
  assert.deepEqual(built.problems, [])
  assert.deepEqual(built.model.upstreams[0]?.sources, [
    { source: 'blue@dc1', share: 90 },
    { source: 'green@dc1', share: 10 },
  ])
})

test('a group keeps its route when it forms around the holder and when the holder leaves', () => {
  const alone = build([routedService('blue', { 'nginx-host': 'a.test' })])
  const group = { 'nginx-host': 'a.test', 'nginx-group': 'web' }
  const other = routedService('aaa', { 'nginx-host': 'a.test' })
  const both = build([routedService('blue', group), routedService('green', group), other], {
    memory: alone.memory,
  })
  assert.deepEqual(ownersOf(both), ['blue@dc1, green@dc1'])
  const left = build([routedService('green', { 'nginx-host': 'a.test' }), other], {
    memory: both.memory,
    live: live('green', 'aaa'),
  })
  assert.deepEqual(ownersOf(left), ['green@dc1'])
})

test('members of a group with other settings are reported, and the first one settles them', () => {
  const group = (timeout: string) => ({
    'nginx-host': 'a.test',
    'nginx-group': 'g',
    'nginx-read-timeout': timeout,
  })
  const built = build([routedService('a', group('1s')), routedService('b', group('2s'))])
  assert.deepEqual(readTimeouts(built), { 'a.test': 1_000 })
  assert.deepEqual(
    built.problems.map(({ kind, service }) => [kind, service]),
    [['group-differs', 'b@dc1']],
  )
})

test('a place whose members all have weight 0 is reported, since it answers 503', () => {
  const member = (name: string, weight: string) =>
    routedService(name, { 'nginx-host': 'a.test', 'nginx-group': 'g', 'nginx-weight': weight })
  const told = (...weights: readonly string[]) =>
    build(weights.map((weight, at) => member(`s${at}`, weight))).problems.map(explainProblem)
  assert.deepEqual(told('0', '0'), [
    's0@dc1: invalid nginx-weight = "0", expected a weight above 0 of one member of the group; until then nginx answers 503',
  ])
  assert.match(told('0').join(), /expected a weight above 0 here/)
  assert.deepEqual(told('100', '0'), [])
})

test('all paths of a host belong to the cluster that holds it', () => {
  const held = build([routedService('web', { 'nginx-host': 'a.test' }, { cluster: 'one' })])
  const foreign = routedService('api', { 'nginx-host': 'a.test', 'nginx-path': '/api' }, { cluster: 'two' })
  const built = build([routedService('web', { 'nginx-host': 'a.test' }, { cluster: 'one' }), foreign], {
    memory: held.memory,
  })
  assert.deepEqual(ownersOf(built), ['web@dc1'])
  assert.deepEqual(kinds(built), ['not-owner'])
})

test('the owners that the operator names decide who may claim a host', () => {
  const owners = [{ host: '*.test', clusters: ['one'], services: ['guest'] }]
  const meta = (path: string) => ({ 'nginx-host': 'a.test', 'nginx-path': path })
  const services = [
    routedService('guest', meta('/guest'), { cluster: 'two' }),
    routedService('other', meta('/other'), { cluster: 'two' }),
    routedService('web', meta('/'), { cluster: 'one' }),
  ]
  const built = build(services, { settings: publishSettings({ owners }) })
  assert.deepEqual(ownersOf(built), ['guest@dc1', 'web@dc1'])
  assert.deepEqual(
    built.problems.map(({ kind, service }) => [kind, service]),
    [['not-owner', 'other@dc1']],
  )
})

test("the operator's routes win over labels, also for a service that is not there", () => {
  const routes = [{ host: 'a.test', path: '/', service: 'front', port: null }]
  const built = build([routedService('web', { 'nginx-host': 'a.test' })], {
    settings: publishSettings({ routes }),
  })
  assert.deepEqual(built.model.upstreams[0]?.sources, [{ source: 'front@dc1', share: 100 }])
  assert.deepEqual(kinds(built), ['conflict'])
})

test('the order of services and instances does not matter', () => {
  const hosts = fc.constantFrom('a.test', 'b.test', 'constructor', 'bad host')
  const meta = fc.record({
    'nginx-host': hosts,
    'nginx-path': fc.constantFrom('/', '/a', '/a/b'),
    'nginx-group': fc.constantFrom('g', 'h'),
  })
  const service = fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    meta,
    fc.constantFrom('one', 'two'),
    fc.nat(2),
  )
  const services = fc
    .uniqueArray(service, { selector: ([name]) => name })
    .map((list) =>
      list.map(([name, own, cluster, at]) => routedService(name, own, { cluster, instances: at + 1 })),
    )
  const shuffled = services.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list)),
  )
  fc.assert(
    fc.property(shuffled, ([list, other, alive]) => {
      const over = { live: live(...alive.map(({ name }) => name)), memory: build(list.slice(0, 2)).memory }
      const turned = other.map((one) => ({ ...one, instances: one.instances.toReversed() }))
      assert.deepEqual(build(turned, over), build(list, over))
    }),
    property(2_000),
  )
})

function ownersOf({ model }: Pick<BuiltModel, 'model'>): readonly string[] {
  const owners = model.httpServers.flatMap(({ locations }) => locations.map(({ owner }) => owner))
  return [...new Set(owners.filter((owner) => owner !== ''))].sort()
}

function kinds({ problems }: BuiltModel): readonly ProblemKind[] {
  return problems.map(({ kind }) => kind).sort()
}

function readTimeouts({ model }: Pick<BuiltModel, 'model'>) {
  return Object.fromEntries(
    model.httpServers.map(({ host, locations }) => {
      const proxied = locations.flatMap(({ action }) =>
        action.kind === 'proxy' ? [action.readTimeoutMs] : [],
      )
      return [host, proxied[0]]
    }),
  )
}
