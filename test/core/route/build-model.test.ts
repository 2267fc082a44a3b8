import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BuiltModel } from '../../../core/route/build-model.ts'
import type { ProblemKind } from '../../../core/route/problem.ts'
import { build, hour, noon, publishSettings, routedService, together } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'

const live = (...names: string[]) => new Set(names.map((name) => `${name}@dc1`))

test('a prefix becomes an exact and a prefix location, and paths without a route answer 404', () => {
  const { model } = build([routedService('api', { 'nginx-host': 'a.test', 'nginx-path': '/api/' })])
  const [server] = model.httpServers
  assert.deepEqual(
    server?.locations.map(({ match, path, action }) => [match, path, action.kind]),
    [
      ['prefix', '/', 'not-found'],
      ['exact', '/api', 'proxy'],
      ['prefix', '/api/', 'proxy'],
    ],
  )
})

test('an exact route comes before the prefix of the same path', () => {
  const { model } = build([
    routedService('a', { 'nginx-host': 'a.test', 'nginx-path': '/x', 'nginx-path-type': 'exact' }),
    routedService('b', { 'nginx-host': 'a.test', 'nginx-path': '/x' }),
  ])
  const owners = model.httpServers[0]?.locations.map(({ match, path, owner }) => `${match} ${path} ${owner}`)
  assert.deepEqual(owners, ['prefix / ', 'exact /x a@dc1', 'prefix /x/ b@dc1'])
})

test('several routes of one service inherit what they leave unsaid, except the host', () => {
  const { model, problems } = build([
    routedService('web', {
      'nginx-read-timeout': '7s',
      'nginx-route-a-host': 'a.test',
      'nginx-route-b-host': 'b.test',
      'nginx-route-b-read-timeout': '9s',
    }),
  ])
  assert.deepEqual(problems, [])
  assert.deepEqual(readTimeouts({ model }), { 'a.test': 7_000, 'b.test': 9_000 })
})

test('a service without a host is reached below the default domain', () => {
  const settings = publishSettings({ defaultDomain: 'apps.test' })
  assert.deepEqual(hostsOf(build([routedService('web')], { settings })), ['web.apps.test'])
  const without = build([routedService('web')])
  assert.deepEqual(hostsOf(without), [])
  assert.deepEqual(kinds(without), ['invalid'])
})

test('a service that did not opt in has no route, and nginx-enable decides before the tag', () => {
  assert.deepEqual(hostsOf(build([routedService('db', { 'nginx-weight': '5' }, { tags: [] })])), [])
  assert.deepEqual(
    hostsOf(build([routedService('web', { 'nginx-host': 'a.test', 'nginx-enable': 'no' })])),
    [],
  )
})

test('tags state the same keys as meta, and meta wins', () => {
  const tags = ['nginx', 'nginx.host=tag.test', 'nginx.route.b.host=b.test']
  assert.deepEqual(hostsOf(build([routedService('web', {}, { tags })])), ['b.test', 'tag.test'])
  const both = build([routedService('web', { 'nginx-host': 'meta.test' }, { tags })])
  assert.deepEqual(hostsOf(both), ['b.test', 'meta.test'])
})

test('the labels of the newest revision count, whatever their number', () => {
  const old = routedService('web', { 'nginx-host': 'old.test' }, { revision: 9, instances: 5 })
  const fresh = routedService('web', { 'nginx-host': 'new.test' }, { revision: 10 })
  const built = build([together(old, fresh)])
  assert.deepEqual(hostsOf(built), ['new.test'])
  assert.deepEqual(kinds(built), ['disagreement'])
})

test('within the newest revision the majority counts', () => {
  const few = routedService('web', { 'nginx-host': 'few.test' })
  const many = routedService('web', { 'nginx-host': 'many.test' }, { instances: 2 })
  assert.deepEqual(hostsOf(build([together(few, many)])), ['many.test'])
})

test('an unknown key is reported with the nearest known one', () => {
  const { problems } = build([routedService('web', { 'nginx-host': 'a.test', 'nginx-read-timout': '5s' })])
  assert.deepEqual(
    problems.map(({ kind, key, expected }) => [kind, key, expected]),
    [['unknown-key', 'nginx-read-timout', 'nginx-read-timeout']],
  )
})

test('a service with an invalid setting keeps its last good settings', () => {
  const good = build([routedService('web', { 'nginx-host': 'a.test', 'nginx-read-timeout': '5s' })])
  const bad = routedService('web', { 'nginx-host': 'a.test', 'nginx-read-timeout': '5 parsecs' })
  const kept = build([bad], { memory: good.memory })
  assert.deepEqual(kept.model, good.model)
  assert.deepEqual(
    kept.problems.map(({ kind, effect, key, value }) => [kind, effect, key, value]),
    [['invalid', 'last-good', 'nginx-read-timeout', '5 parsecs']],
  )
  assert.deepEqual(kept.memory, good.memory)
})

test('a service with an invalid setting and no good one is left out, and the others stay', () => {
  const built = build([
    routedService('bad', { 'nginx-host': 'a b;' }),
    routedService('web', { 'nginx-host': 'a.test' }),
  ])
  assert.deepEqual(hostsOf(built), ['a.test'])
  assert.deepEqual(
    built.problems.map(({ service, effect }) => [service, effect]),
    [['bad@dc1', 'left-out']],
  )
})

test('a vanished service keeps its route for a day, and memory does not change meanwhile', () => {
  const before = build([routedService('web', { 'nginx-host': 'a.test' })])
  const gone = build([], { memory: before.memory })
  assert.deepEqual(gone.model, before.model)
  const later = build([], { memory: gone.memory, now: noon + 23 * hour })
  assert.deepEqual(later.memory, gone.memory)
  assert.deepEqual(hostsOf(build([], { memory: later.memory, now: noon + 24 * hour })), [])
})

test('an unchanged catalog gives the same memory at any time', () => {
  const services = [
    routedService('web', { 'nginx-host': 'a.test' }),
    routedService('x', { 'nginx-host': 'a.test' }),
  ]
  const first = build(services)
  assert.deepEqual(build(services, { memory: first.memory, now: noon + 100 * hour }).memory, first.memory)
})

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

test('a listener with TLS gets the hosts that a certificate covers', () => {
  const settings = publishSettings({
    listeners: [
      { port: 80, protocol: 'http' },
      { port: 443, protocol: 'https' },
    ],
    certificates: [{ name: 'site', hosts: ['*.test'], cert: 'c', key: 'k' }],
  })
  const web = (meta: Record<string, string>) =>
    build([routedService('web', meta)], { settings }).model.httpServers
  const ports = (meta: Record<string, string>) => web(meta).map(({ port }) => port)
  assert.deepEqual(ports({ 'nginx-host': 'a.test' }), [80, 443])
  assert.deepEqual(ports({ 'nginx-host': 'a.other' }), [80])
  assert.deepEqual(ports({ 'nginx-host': 'a.other', 'nginx-cert': 'site' }), [80, 443])
  assert.deepEqual(ports({ 'nginx-host': 'a.test', 'nginx-https': 'only' }), [443])
  assert.deepEqual(ports({ 'nginx-host': 'a.test', 'nginx-proto': 'grpc' }), [443])
  assert.deepEqual(ports({ 'nginx-host': 'a.other', 'nginx-https': 'redirect' }), [])
  assert.deepEqual(web({ 'nginx-host': 'a.test', 'nginx-https': 'redirect' })[0]?.locations[0]?.action, {
    kind: 'redirect',
    port: 443,
  })
})

test('a tcp route needs one listener of its own', () => {
  const listeners = [
    { port: 5432, protocol: 'tcp' as const },
    { port: 6379, protocol: 'tcp' as const },
  ]
  const settings = publishSettings({ listeners })
  assert.deepEqual(kinds(build([routedService('db', { 'nginx-proto': 'tcp' })], { settings })), ['invalid'])
  const built = build([routedService('db', { 'nginx-proto': 'tcp', 'nginx-listen': '6379' })], { settings })
  assert.deepEqual(
    built.model.streamServers.map(({ port, protocol }) => [port, protocol]),
    [[6379, 'tcp']],
  )
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

function hostsOf({ model }: Pick<BuiltModel, 'model'>): readonly string[] {
  return model.httpServers.map(({ host }) => host).sort()
}

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
