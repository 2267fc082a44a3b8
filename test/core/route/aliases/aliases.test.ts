import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuiltModel } from '../../../../core/route/build-model.ts'
import { build, publishSettings, routedService } from '../../../support/routes.ts'

const traefik = 'traefik.http.routers.web.rule=Host(`traefik.test`)'
const fabio = 'urlprefix-fabio.test/'
const virtual = { VIRTUAL_HOST: 'virtual.test' }

/** Places as `port host match path → what happens`. */
function placesOf({ model }: BuiltModel): readonly string[] {
  return model.httpServers.flatMap(({ port, host, locations }) =>
    locations
      .filter(({ action }) => action.kind !== 'not-found')
      .map(({ match, path, action }) => `${port} ${host} ${match} ${path} ${action.kind}`),
  )
}

function hostsOf({ model }: BuiltModel): readonly string[] {
  return [...new Set(model.httpServers.map(({ host }) => host))].sort()
}

function problemsOf({ problems }: BuiltModel) {
  return problems.map(({ kind, effect, key }) => [kind, effect, key])
}

const ranks: readonly (readonly [
  what: string,
  meta: Record<string, string>,
  tags: string[],
  hosts: string[],
])[] = [
  ['meta', { ...virtual, 'nginx-host': 'meta.test' }, ['nginx.host=tag.test', traefik, fabio], ['meta.test']],
  ['an nginx tag', virtual, ['nginx.host=tag.test', traefik, fabio], ['tag.test']],
  ['Traefik', virtual, [traefik, fabio], ['traefik.test']],
  ['fabio', virtual, [fabio], ['fabio.test']],
  ['nginx-proxy', virtual, ['nginx'], ['virtual.test']],
  ['fabio, where traefik.enable states no route,', virtual, ['traefik.enable=true', fabio], ['fabio.test']],
]

for (const [what, meta, tags, hosts] of ranks) {
  test(`${what} goes before what ranks lower`, () => {
    assert.deepEqual(hostsOf(build([routedService('web', meta, { tags })])), hosts)
  })
}

test('a word of ours without a host holds for the routes of others too, before their own', () => {
  const meta = { 'nginx-read-timeout': '7s', 'nginx-proto': 'http', 'nginx-path': '/ours' }
  const tags = ['urlprefix-a.test/theirs proto=https']
  const built = build([routedService('web', meta, { tags })])
  assert.deepEqual(placesOf(built), ['80 a.test exact /ours proxy', '80 a.test prefix /ours/ proxy'])
  const [pass] = built.model.httpServers[0]!.locations.flatMap(({ action }) =>
    action.kind === 'proxy' ? [action] : [],
  )
  assert.deepEqual([pass?.readTimeoutMs, pass?.protocol], [7_000, 'http'])
})

test('what is stripped or rewritten is said by one of us alone', () => {
  const tags = ['urlprefix-a.test/x strip=/x prepend=/theirs']
  const uris = (meta: Record<string, string>) =>
    build([routedService('web', meta, { tags })]).model.httpServers[0]?.locations.flatMap(({ action }) =>
      action.kind === 'proxy' ? [action.uri] : [],
    )
  assert.deepEqual(uris({}), ['/theirs', '/theirs/'])
  assert.deepEqual(uris({ 'nginx-strip': 'true' }), ['/', '/'])
  assert.deepEqual(uris({ 'nginx-rewrite': '/ours' }), ['/ours', '/ours/'])
})

test('tags of other proxies opt in by themselves, and nginx-enable decides before them', () => {
  for (const tag of [traefik, fabio]) {
    assert.equal(hostsOf(build([routedService('web', {}, { tags: [tag] })])).length, 1)
    const off = routedService('web', { 'nginx-enable': 'false' }, { tags: [tag] })
    assert.deepEqual(hostsOf(build([off])), [])
  }
  const other = routedService('web', {}, { tags: ['traefik.http.services.web.loadbalancer.server.port=80'] })
  assert.deepEqual(hostsOf(build([other])), [])
})

test('traefik.enable=false keeps out unless a word of ours says otherwise', () => {
  const tags = ['traefik.enable=false', traefik, fabio]
  assert.deepEqual(hostsOf(build([routedService('web', virtual, { tags })])), [])
  const ours = routedService('web', { 'nginx-host': 'a.test' }, { tags })
  assert.deepEqual(hostsOf(build([ours])), ['a.test'])
})

test('traefik.enable=true alone is served under the default name', () => {
  const settings = publishSettings({ defaultDomain: 'apps.test' })
  const service = routedService('web', {}, { tags: ['traefik.enable=true'] })
  assert.deepEqual(hostsOf(build([service], { settings })), ['web.apps.test'])
  const without = build([service])
  assert.deepEqual(hostsOf(without), [])
  assert.deepEqual(problemsOf(without), [['invalid', 'left-out', 'nginx-route-traefik-host']])
})

test('every route of several tags gets its place', () => {
  const tags = ['urlprefix-a.test/', 'urlprefix-a.test/x strip=/x', 'urlprefix-b.test:80/']
  const built = build([routedService('web', {}, { tags })])
  assert.deepEqual(built.problems, [])
  assert.deepEqual(placesOf(built), [
    '80 a.test prefix / proxy',
    '80 a.test exact /x proxy',
    '80 a.test prefix /x/ proxy',
    '80 b.test prefix / proxy',
  ])
})

test('a route that is refused leaves the others theirs', () => {
  const bad = [
    'urlprefix-b.test/ auth=x',
    'urlprefix-c.test/ strip=/elsewhere',
    'urlprefix-d.test/ deny=ip:nowhere',
  ]
  const built = build([routedService('web', {}, { tags: ['urlprefix-a.test/', ...bad] })])
  assert.deepEqual(hostsOf(built), ['a.test'])
  assert.deepEqual(problemsOf(built), [
    ['invalid', 'left-out', 'nginx-route-fabio-c-test-strip'],
    ['invalid', 'left-out', 'nginx-route-fabio-d-test-deny'],
    ['invalid', 'left-out', 'urlprefix-b.test/'],
  ])
})

test('a route that is refused leaves one whose name begins alike its own', () => {
  const router = (name: string, rule: string) =>
    `traefik.http.routers.${name}.rule=Host(\`${name}.test\`)${rule}`
  const lists = [
    'traefik.http.routers.web-api.middlewares=m',
    'traefik.http.middlewares.m.ipallowlist.sourcerange=x',
  ]
  const tags = [router('web', ''), router('web-api', ''), ...lists]
  const built = build([routedService('web', {}, { tags })])
  assert.deepEqual(hostsOf(built), ['web.test'])
  assert.deepEqual(problemsOf(built), [['invalid', 'left-out', 'nginx-route-traefik-web-api-allow']])
  assert.deepEqual(
    problemsOf(build([routedService('web', {}, { tags })], { memory: built.memory })),
    problemsOf(built),
  )
})

test('a route that turns bad keeps its own last good settings, while another changes', () => {
  const service = (web: string, path: string) =>
    routedService('web', {}, { tags: [`traefik.http.routers.web.rule=${web}`, `urlprefix-no.test/`, path] })
  const api = (path: string) => `traefik.http.routers.api.rule=Host(\`a.test\`) && PathPrefix(\`${path}\`)`
  const good = build([service('Host(`web.test`)', api('/v1'))])
  const bad = [service('HostRegexp(`web.+`)', api('/v2'))]
  const kept = build(bad, { memory: good.memory })
  assert.deepEqual(placesOf(kept), [
    '80 a.test exact /v2 proxy',
    '80 a.test prefix /v2/ proxy',
    '80 web.test prefix / proxy',
  ])
  assert.deepEqual(problemsOf(kept), [['invalid', 'last-good', 'traefik.http.routers.web.rule']])
  const again = build(bad, { memory: kept.memory })
  assert.deepEqual([again.model, again.memory], [kept.model, kept.memory])
})

test('where no route is left, the last good settings of the service stay, whatever they were stated in', () => {
  const good = build([routedService('web', { 'nginx-host': 'a.test' })])
  const bad = routedService('web', {}, { tags: ['traefik.http.routers.web.rule=HostRegexp(`a`)'] })
  const kept = build([bad], { memory: good.memory })
  assert.deepEqual(kept.model, good.model)
  assert.deepEqual(problemsOf(kept), [['invalid', 'last-good', 'traefik.http.routers.web.rule']])
  assert.deepEqual(problemsOf(build([bad])), [['invalid', 'left-out', 'traefik.http.routers.web.rule']])
})

test('the last good settings of a route are dropped where the operator made them impossible', () => {
  const settings = (...ports: number[]) =>
    publishSettings({ listeners: ports.map((port) => ({ port, protocol: 'http' as const })) })
  const tags = ['urlprefix-a.test/', 'urlprefix-b.test:81/']
  const good = build([routedService('web', {}, { tags })], { settings: settings(80, 81) })
  assert.deepEqual(hostsOf(good), ['a.test', 'b.test'])
  const less = build([routedService('web', {}, { tags })], { settings: settings(80), memory: good.memory })
  assert.deepEqual(hostsOf(less), ['a.test'])
})

test('services that state a weight for the same place share it', () => {
  const service = (name: string, weight: string) =>
    routedService(name, {}, { tags: [`urlprefix-a.test/ weight=${weight}`] })
  const built = build([service('blue', '0.9'), service('green', '0.1')])
  assert.deepEqual(built.problems, [])
  assert.deepEqual(
    built.model.upstreams.map(({ sources }) => sources),
    [
      [
        { source: 'blue@dc1', share: 90 },
        { source: 'green@dc1', share: 10 },
      ],
    ],
  )
})

test('the two routers of Traefik that redirect to TLS become one redirect and one route', () => {
  const settings = publishSettings({
    listeners: [
      { port: 80, protocol: 'http' },
      { port: 443, protocol: 'https' },
    ],
    certificates: [{ name: 'site', hosts: ['*.test'], cert: 'c', key: 'k' }],
  })
  const tags = [
    'traefik.http.routers.web.rule=Host(`a.test`)',
    'traefik.http.routers.web.entrypoints=web',
    'traefik.http.routers.web.middlewares=up',
    'traefik.http.middlewares.up.redirectscheme.scheme=https',
    'traefik.http.routers.webs.rule=Host(`a.test`)',
    'traefik.http.routers.webs.entrypoints=websecure',
    'traefik.http.routers.webs.tls=true',
  ]
  const built = build([routedService('web', {}, { tags })], { settings })
  assert.deepEqual(built.problems, [])
  assert.deepEqual(placesOf(built), ['80 a.test prefix / redirect', '443 a.test prefix / proxy'])
})

test('TCP routes of fabio and Traefik get their listeners', () => {
  const settings = publishSettings({
    listeners: [
      { port: 3306, protocol: 'tcp' },
      { port: 5432, protocol: 'tcp' },
    ],
  })
  const tcp = 'traefik.tcp.routers.db.rule=HostSNI(`*`)'
  const services = [
    routedService('mysql', {}, { tags: ['urlprefix-:3306 proto=tcp'] }),
    routedService('postgres', { 'nginx-listen': '5432' }, { tags: [tcp] }),
  ]
  const built = build(services, { settings })
  assert.deepEqual(
    built.model.streamServers.map(({ port, owner }) => `${port} ${owner}`),
    ['3306 mysql@dc1', '5432 postgres@dc1'],
  )
  assert.deepEqual(problemsOf(build([routedService('x', {}, { tags: [tcp] })], { settings })), [
    ['invalid', 'left-out', 'nginx-route-traefik-tcp-db-listen'],
  ])
})

test('a route of ours that needs no host goes before a refused one of others', () => {
  const settings = publishSettings({ listeners: [{ port: 5432, protocol: 'tcp' }] })
  const tags = ['traefik.tcp.routers.db.rule=HostSNI(`db.test`)', 'traefik.tcp.routers.db.tls=true']
  const built = build([routedService('db', { 'nginx-proto': 'tcp' }, { tags })], { settings })
  assert.deepEqual([built.model.streamServers.map(({ port }) => port), built.problems], [[5432], []])
})

test('instances that disagree in a refused route alone are reported', () => {
  const tags = (rule: string) => [fabio, `urlprefix-b.test/ auth=${rule}`]
  const one = routedService('web', {}, { tags: tags('x') })
  const other = routedService('web', {}, { tags: tags('y'), instances: 2 })
  const built = build([{ ...one, instances: [...one.instances, ...other.instances] }])
  assert.deepEqual(built.problems.map(({ kind, key }) => [kind, key]).sort(), [
    ['disagreement', 'urlprefix-b.test/'],
    ['invalid', 'urlprefix-b.test/'],
  ])
})
