import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTraefik } from '../../../../core/route/aliases/traefik.ts'

const rule = 'traefik.http.routers.web.rule=Host(`a.test`)'
const router = (rest: string) => `traefik.http.routers.web.${rest}`
const read = (...tags: string[]) => readTraefik(tags, 8000)

/** The words of every route, without the host and path that `rule` states. */
function words(...tags: string[]) {
  return read(...tags).routes.map(({ values: { host: _host, path: _path, ...rest } }) => rest)
}

test('a router is a route, and its name is in the id', () => {
  assert.deepEqual(read(rule), {
    enable: null,
    routes: [{ id: 'traefik-web', values: { host: 'a.test', path: '/' } }],
    refused: [],
    notes: [],
  })
})

test('a rule of several alternatives is several routes', () => {
  const found = read(router('rule=Host(`a.test`) && (PathPrefix(`/x`) || Path(`/y`))'))
  assert.deepEqual(found.routes, [
    { id: 'traefik-web', values: { host: 'a.test', path: '/x' } },
    { id: 'traefik-web-2', values: { host: 'a.test', path: '/y', 'path-type': 'exact' } },
  ])
})

test('keys are read whatever their case', () => {
  const found = read(
    'Traefik.Enable=TRUE',
    'traefik.HTTP.Routers.web.Rule=Host(`a.test`)',
    'traefik.http.services.web.loadBalancer.server.scheme=https',
  )
  assert.deepEqual(
    found.routes.map(({ values }) => values),
    [{ host: 'a.test', path: '/', proto: 'https' }],
  )
})

test('traefik.enable alone is the default rule, false is nothing, and what is neither keeps out', () => {
  assert.deepEqual(read('traefik.enable=true').routes, [{ id: 'traefik', values: { path: '/' } }])
  for (const text of ['false', '0', 'F', 'no', '']) {
    const found = read(`traefik.enable=${text}`, rule)
    assert.deepEqual([found.enable, found.routes, found.refused], [false, [], []], text)
  }
  assert.deepEqual(read('traefik.docker.network=x').routes, [])
})

test('entry points and TLS say on which listeners a route is', () => {
  const https = (...tags: string[]) => words(rule, ...tags).map((one) => one.https)
  assert.deepEqual(https(router('entrypoints=web')), ['off'])
  assert.deepEqual(https(router('entrypoints=websecure')), ['only'])
  assert.deepEqual(https(router('entrypoints=web, websecure')), [undefined])
  assert.deepEqual(https(router('entrypoints=http')), ['off'])
  assert.deepEqual(https(router('tls=true')), ['only'])
  assert.deepEqual(https(router('tls=false')), [undefined])
  assert.deepEqual(https(router('tls.certresolver=le')), ['only'])
  assert.deepEqual(https(router('entrypoints=internal')), [])
})

test('a router that only redirects is folded into the one with TLS', () => {
  const redirect = 'traefik.http.middlewares.up.redirectscheme.scheme=https'
  const plain = [rule, router('entrypoints=web'), router('middlewares=up'), redirect]
  assert.deepEqual(words(...plain), [{ https: 'redirect' }])
  const secure = ['rule=Host(`a.test`)', 'tls=true', 'entrypoints=websecure', 'middlewares=size'].map(
    (rest) => `traefik.http.routers.webs.${rest}`,
  )
  const size = 'traefik.http.middlewares.size.buffering.maxRequestBodyBytes=1000'
  assert.deepEqual(words(...plain, ...secure, size), [{ https: 'redirect', 'body-size': '1000' }])
})

test('middlewares that we have words for are heeded', () => {
  const on = (path: string, names: string, ...defined: string[]) =>
    words(
      router(`rule=Host(\`a.test\`) && PathPrefix(\`${path}\`)`),
      router(`middlewares=${names}`),
      ...defined.map((one) => `traefik.http.middlewares.${one}`),
    )
  assert.deepEqual(on('/api/v1', 's', 's.stripprefix.prefixes=/x,/api'), [{ strip: '/api' }])
  assert.deepEqual(on('/api', 's@consulcatalog', 's.stripPrefix.prefixes=/api/'), [{ strip: '/api' }])
  assert.deepEqual(on('/', 'n', 'n.ipallowlist.sourcerange=10.0.0.0/8'), [{ allow: '10.0.0.0/8' }])
  assert.deepEqual(on('/', 'n', 'n.ipwhitelist.sourcerange=10.0.0.0/8'), [{ allow: '10.0.0.0/8' }])
  assert.deepEqual(
    on('/x', 'c', 'c.chain.middlewares=s,n', 's.stripprefix.prefixes=/x', 'n.ipallowlist.sourcerange=::1'),
    [{ strip: '/x', allow: '::1' }],
  )
})

test('middlewares for paths, retries and HSTS are heeded', () => {
  const on = (names: string, ...defined: string[]) =>
    words(
      router('rule=Host(`a.test`) && PathPrefix(`/api/v1`)'),
      router(`middlewares=${names}`),
      ...defined.map((one) => `traefik.http.middlewares.${one}`),
    )
  const add = 'a.addprefix.prefix=/x'
  const strip = 's.stripprefix.prefixes=/api'
  assert.deepEqual(on('a', add), [{ rewrite: '/x/api/v1' }])
  assert.deepEqual(on('s,a', add, strip), [{ rewrite: '/x/v1' }])
  assert.deepEqual(on('a,s', add, strip), [])
  assert.deepEqual(on('r', 'r.retry.attempts=3'), [{ tries: '3' }])
  assert.deepEqual(on('h', 'h.headers.stsSeconds=60'), [{ hsts: '60s' }])
  assert.deepEqual(on('h', 'h.headers.stsSeconds=60', 'h.headers.stsIncludeSubdomains=true'), [
    { hsts: '60s; includeSubDomains' },
  ])
})

test('sticky sessions keep the name of their cookie', () => {
  const sticky = 'traefik.http.services.web.loadbalancer.sticky'
  assert.deepEqual(words(rule, `${sticky}.cookie=true`), [{ sticky: 'sticky' }])
  assert.deepEqual(words(rule, `${sticky}=true`, `${sticky}.cookie.name=who`), [{ sticky: 'who' }])
})

test('what a middleware says beside the word that is heeded is told', () => {
  for (const [heeded, other] of [
    ['retry.attempts=3', 'retry.initialInterval=1s'],
    ['headers.stsSeconds=60', 'headers.customrequestheaders.x=y'],
    ['buffering.maxRequestBodyBytes=5', 'buffering.memRequestBodyBytes=5'],
  ]) {
    const defined = [heeded, other].map((one) => `traefik.http.middlewares.m.${one}`)
    const { routes, notes } = read(rule, router('middlewares=m'), ...defined)
    assert.deepEqual([routes.length, notes.length], [1, 1], other)
  }
})

test('chains are followed once each, so that none leads in a circle or grows beyond measure', () => {
  const many = Array(200).fill('g').join(',')
  const found = read(rule, router('middlewares=g'), `traefik.http.middlewares.g.chain.middlewares=${many}`)
  assert.deepEqual([found.routes.length, found.refused.length], [0, 1])
})

const guards = [
  'g.basicauth.users=u:$apr1$secret',
  'g.digestauth.users=u:r:secret',
  'g.forwardauth.address=http://auth',
  'g.redirectregex.regex=^http',
  'g.redirectscheme.scheme=http',
  'g.ipallowlist.ipstrategy.depth=2',
  'g.chain.middlewares=g',
]

for (const guard of guards) {
  test(`a route with the middleware ${guard} is refused, and its value is not told`, () => {
    const found = read(rule, router('middlewares=g'), `traefik.http.middlewares.${guard}`)
    assert.deepEqual([found.routes.length, found.refused.length], [0, 1])
    assert.doesNotMatch(JSON.stringify(found), /secret/)
  })
}

test('two middlewares that say the same word are refused rather than one of them forgotten', () => {
  const list = (name: string) => `traefik.http.middlewares.${name}.ipallowlist.sourcerange=10.0.0.0/8`
  assert.equal(read(rule, router('middlewares=a,b'), list('a'), list('b')).refused.length, 1)
})

const unsupported: readonly (readonly [tag: string, key: RegExp])[] = [
  [router('priority=5'), /routers\.web\.priority/],
  [router('observability.metrics=true'), /observability/],
  [router('tls.certresolver=le'), /certresolver/],
  [router('middlewares=there@file'), /middlewares/],
  ['traefik.http.services.web.loadbalancer.sticky.cookie.secure=true', /sticky\.cookie\.secure/],
  ['traefik.http.services.web.loadbalancer.healthcheck.path=/', /healthcheck/],
  ['traefik.http.services.web.loadbalancer.passhostheader=false', /passhostheader/],
  ['traefik.http.services.web.loadbalancer.server.port=9000', /server\.port/],
  ['traefik.frontend.rule=Host:a.test', /frontend/],
]

for (const [tag, key] of unsupported) {
  test(`the tag ${tag} is told by its name, and the route is served`, () => {
    const { routes, notes } = read(rule, tag)
    assert.deepEqual([routes.length, notes.length], [1, 1])
    assert.match(notes[0]?.key ?? '', key)
  })
}

test('what says nothing that is not so here is no news', () => {
  const service = 'traefik.http.services.web.loadbalancer'
  const { notes } = read(
    ...[rule, 'traefik.docker.network=x', router('service=web'), router('ruleSyntax=v3')],
    ...[`${service}.server.port=8000`, `${service}.server.scheme=http`, `${service}.passhostheader=true`],
  )
  assert.deepEqual(notes, [])
})

test('a router that leads elsewhere, or to an unknown scheme, is refused', () => {
  assert.equal(read(rule, router('service=api@internal')).refused.length, 1)
  assert.equal(read(rule, router('tls.options=mtls@file')).refused.length, 1)
  for (const scheme of ['ftp', 'constructor', '']) {
    const tag = `traefik.http.services.web.loadbalancer.server.scheme=${scheme}`
    assert.equal(read(rule, tag).refused.length, 1, scheme)
  }
})

test('TCP and UDP routers are stream routes; SNI, TLS and middlewares are refused', () => {
  const tcp = (rest: string) => `traefik.tcp.routers.db.${rest}`
  assert.deepEqual(read(tcp('rule=HostSNI(`*`)')).routes, [
    { id: 'traefik-tcp-db', values: { proto: 'tcp' } },
  ])
  assert.deepEqual(read('traefik.udp.routers.dns.entrypoints=dns').routes, [
    { id: 'traefik-udp-dns', values: { proto: 'udp' } },
  ])
  assert.equal(read(tcp('rule=HostSNI(`*`)'), tcp('tls.passthrough=true')).routes.length, 1)
  for (const rest of ['rule=HostSNI(`a.test`)', 'tls=true', 'tls.certresolver=x', 'middlewares=x']) {
    assert.deepEqual([read(tcp(rest)).routes.length, read(tcp(rest)).refused.length], [0, 1], rest)
  }
  assert.match(read(tcp('entrypoints=mysql')).notes[0]?.expected ?? '', /nginx\.listen/)
})
