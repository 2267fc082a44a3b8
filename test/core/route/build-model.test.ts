import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuiltModel } from '../../../core/route/build-model.ts'
import type { ProblemKind } from '../../../core/route/problem.ts'
import type { PublishSettings } from '../../../core/settings/settings.ts'
import { build, hour, noon, publishSettings, routedService, together } from '../../support/routes.ts'

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

test('a service whose instances are held keeps its route for as long as they are, and then for a day', () => {
  const before = build([routedService('web', { 'nginx-host': 'a.test' })])
  const live = new Set(['web@dc1'])
  const held = build([], { memory: before.memory, live })
  const muchLater = noon + 30 * 24 * hour
  const still = build([], { memory: held.memory, live, now: muchLater })
  assert.deepEqual(still.model, before.model)
  assert.deepEqual(still.memory, before.memory)
  const gone = build([], { memory: still.memory, now: muchLater })
  assert.deepEqual(hostsOf(build([], { memory: gone.memory, now: muchLater + 23 * hour })), ['a.test'])
  assert.deepEqual(hostsOf(build([], { memory: gone.memory, now: muchLater + 24 * hour })), [])
})

test('an unchanged catalog gives the same memory at any time', () => {
  const services = [
    routedService('web', { 'nginx-host': 'a.test' }),
    routedService('x', { 'nginx-host': 'a.test' }),
  ]
  const first = build(services)
  assert.deepEqual(build(services, { memory: first.memory, now: noon + 100 * hour }).memory, first.memory)
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

test('a tcp route ends TLS on a listener for it, with the certificate that it names or the only one', () => {
  const all: PublishSettings['listeners'] = [
    { port: 5432, protocol: 'tcp' },
    { port: 5433, protocol: 'tls' },
  ]
  const certificate = (name: string) => ({ name, hosts: ['a.test'], cert: 'c', key: 'k' })
  const outcome = (labels: Record<string, string>, names: readonly string[], own: typeof all = all) => {
    const settings = publishSettings({ listeners: own, certificates: names.map(certificate) })
    const built = build([routedService('db', { 'nginx-proto': 'tcp', ...labels })], { settings })
    const [server] = built.model.streamServers
    return server === undefined ? built.problems[0]?.key : [server.port, server.certificate?.name]
  }
  assert.deepEqual(outcome({}, ['a']), [5432, undefined])
  assert.deepEqual(outcome({}, ['a'], all.slice(1)), [5433, 'a'])
  assert.deepEqual(outcome({ 'nginx-listen': '5433', 'nginx-cert': 'b' }, ['a', 'b']), [5433, 'b'])
  assert.equal(outcome({ 'nginx-listen': '5433' }, ['a', 'b']), 'nginx-cert')
  assert.equal(outcome({ 'nginx-listen': '5433', 'nginx-cert': 'c' }, ['a', 'b']), 'nginx-cert')
})

function hostsOf({ model }: Pick<BuiltModel, 'model'>): readonly string[] {
  return model.httpServers.map(({ host }) => host).sort()
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
