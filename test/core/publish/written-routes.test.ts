import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findRoutes } from '../../../core/publish/find-route.ts'
import { type ConfigFile, placeText, routesIn } from '../../../core/publish/written-routes.ts'
import { renderLayout } from '../../../core/render/layout.ts'
import { build, defaultTemplates, publishSettings, routedService } from '../../support/routes.ts'

const golden = (context: 'http' | 'stream'): ConfigFile => {
  const path = join(import.meta.dirname, `../../golden/nginx/every-setting.${context}.conf`)
  return { path: `${context}.conf`, context, content: readFileSync(path, 'utf8') }
}

test('the routes of rendered configuration are those of the model it was rendered from', () => {
  const listeners = [
    { port: 80, protocol: 'http' as const },
    { port: 5432, protocol: 'tcp' as const },
    { port: 53, protocol: 'udp' as const },
  ]
  const services = [
    routedService('web', { 'nginx-host': 'a.test,*.b.test', 'nginx-path': '/x' }),
    routedService('one', { 'nginx-host': 'a.test', 'nginx-path': '/y', 'nginx-path-type': 'exact' }),
    routedService('db', { 'nginx-proto': 'tcp' }),
    routedService('dns', { 'nginx-proto': 'udp' }),
  ]
  const { model } = build(services, { settings: publishSettings({ listeners }) })
  const { layout, files } = renderLayout(model, defaultTemplates)
  const routes = routesIn(files, layout)
  const passed = routes.filter(({ upstream }) => upstream !== null)
  const told = passed.map((route) => `${placeText(route)} -> ${route.sources.join()}`)
  assert.deepEqual(
    [...new Set(told)].filter((line) => !line.includes('/x/')),
    [
      '53/udp -> dns@dc1',
      '5432/tcp -> db@dc1',
      '80 *.b.test = /x -> web@dc1',
      '80 a.test = /x -> web@dc1',
      '80 a.test = /y -> one@dc1',
    ],
  )
})

test('every server of the golden files is read, and a redirect knows whose it is by its comment', () => {
  const routes = routesIn([golden('http'), golden('stream')], { upstreams: [] })
  const redirect = routes.find(({ action }) => action.startsWith('return 308'))
  assert.deepEqual([redirect?.sources, redirect?.host], [['old@dc1'], '*.example.com'])
  assert.ok(routes.some(({ protocol }) => protocol === 'https'))
  const ports = [...golden('stream').content.matchAll(/listen (\d+)/g)].map(([, port]) => Number(port))
  const read = routes.filter(({ context }) => context === 'stream').map(({ port }) => port)
  assert.ok(ports.length > 0)
  assert.deepEqual(read, ports.sort())
})

test('two layouts whose upstreams differ in settings alone have the same directives', () => {
  const textsOf = (lb: string) => {
    const { model } = build([routedService('web', { 'nginx-host': 'a.test', 'nginx-lb': lb })])
    const { layout, files } = renderLayout(model, defaultTemplates)
    return routesIn(files, layout).map(({ directives }) => directives)
  }
  assert.deepEqual(textsOf('least_conn'), textsOf('round_robin'))
})

const site = (names: string, ...locations: readonly string[]) =>
  `server { listen 80${names === '_' ? ' default_server' : ''}; server_name ${names}; ${locations.map((one) => `location ${one} { return 200; }`).join(' ')} }`

test('a request finds the server and the location that nginx would choose', () => {
  const content = [
    site('_', '/'),
    site('a.test', '/', '= /x', '/x/', '/x/y', '~ ^/re'),
    site('*.test', '/'),
    site('*.b.test', '/only'),
    site('www.*', '/'),
  ].join('\n')
  const routes = routesIn([{ path: 'f.conf', context: 'http', content }], { upstreams: [] })
  const rows: readonly (readonly [string, string, string | null])[] = [
    ['a.test', '/', '80 a.test /'],
    ['a.test', '/x', '80 a.test = /x'],
    ['a.test', '/x/1', '80 a.test /x/'],
    ['a.test', '/x/yes', '80 a.test /x/y'],
    ['c.test', '/', '80 *.test /'],
    ['x.b.test', '/only/1', '80 *.b.test /only'],
    ['x.b.test', '/', null],
    ['www.example.com', '/', '80 www.* /'],
    ['test', '/', '80 _ /'],
  ]
  for (const [host, path, expected] of rows) {
    const [found] = findRoutes(routes, { host, path, port: null })
    assert.equal(found?.route == null ? null : placeText(found.route), expected, `${host}${path}`)
  }
  assert.match(findRoutes(routes, { host: 'a.test', path: '/re', port: 80 })[0]?.why ?? '', /not tried/)
  assert.deepEqual(findRoutes(routes, { host: 'a.test', path: '/', port: 81 }), [])
})

test('tcp and udp are found by their port alone', () => {
  const routes = routesIn([golden('stream')], { upstreams: [] })
  assert.deepEqual(findRoutes(routes, { host: 'a.test', path: '/', port: null }), [])
  assert.equal(findRoutes(routes, { host: '', path: '/', port: 15_353 })[0]?.protocol, 'udp')
})
