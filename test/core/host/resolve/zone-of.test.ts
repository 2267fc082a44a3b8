import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameZone, zoneBetween, zoneOf } from '../../../../core/host/resolve/zone-of.ts'
import { placesOf } from '../../../support/places.ts'
import { testUpstream } from '../../../support/release.ts'
import { endpointsOf } from '../../../support/routes.ts'

const [web, api] = [testUpstream('web'), testUpstream('api')]
const places = (zone: ReturnType<typeof zoneOf>) =>
  Object.fromEntries([...zone].map(([name, list]) => [name, list.map(({ address }) => address)]))

test('the zone has the servers of every upstream that nginx resolves, by context, with their weights', () => {
  const split = { ...web, sources: [...web.sources, { source: 'api@dc1', share: 50 }] }
  const upstreams = [
    split,
    testUpstream('web', { context: 'stream' }),
    { ...api, method: 'ip_hash' as const },
  ]
  const endpoints = endpointsOf({ web: ['10.0.0.1:80'], api: ['10.0.0.2:80'] })
  const zone = zoneOf(upstreams, endpoints)
  assert.deepEqual(places(zone), {
    'quayside_web.http.quayside': ['10.0.0.1', '10.0.0.2'],
    'quayside_web.stream.quayside': ['10.0.0.1'],
  })
  assert.deepEqual(
    zone.get('quayside_web.http.quayside')?.map(({ weight }) => weight),
    [2, 1],
  )
})

test('an upstream without a server is not in the zone: nothing is ever said to be empty', () => {
  assert.deepEqual(places(zoneOf([web], endpointsOf({ web: [] }))), {})
})

const loaded = { upstreams: [web, api], zones: {} }
const before = zoneOf(loaded.upstreams, endpointsOf({ web: ['10.0.0.1:80'], api: ['10.0.0.2:80'] }))

test('while other settings wait, loaded names have today’s addresses and new names are there already', () => {
  const next = {
    upstreams: [web, testUpstream('new')],
    endpoints: endpointsOf({ web: ['10.0.0.3:80'], api: ['10.0.0.4:80'], new: ['10.0.0.5:80'] }),
  }
  assert.deepEqual(places(zoneBetween(loaded, next, before)), {
    'quayside_web.http.quayside': ['10.0.0.3'],
    'quayside_new.http.quayside': ['10.0.0.5'],
    'quayside_api.http.quayside': ['10.0.0.4'],
  })
})

test('while other settings wait, the loaded ones say what a name means', () => {
  const changed = { ...web, sources: [{ source: 'green@dc1', share: 100 }] }
  const endpoints = endpointsOf({ web: ['10.0.0.3:80'], api: [], green: ['10.0.0.6:80'] })
  const zone = zoneBetween(loaded, { upstreams: [changed], endpoints }, before)
  assert.deepEqual(places(zone)['quayside_web.http.quayside'], ['10.0.0.3'])
})

test('what needs a reload stays as it is until then: no servers, too many for the zone, or sources that nobody speaks of', () => {
  const endpoints = endpointsOf({ api: [] })
  assert.deepEqual(places(zoneBetween(loaded, { upstreams: [], endpoints }, before)), places(before))
  const many = endpointsOf({ web: placesOf(39), api: ['10.0.0.2:80'] })
  const grown = zoneBetween(loaded, { upstreams: loaded.upstreams, endpoints: many }, before)
  assert.deepEqual(places(grown)['quayside_web.http.quayside'], ['10.0.0.1'])
})

test('zones are the same only with the same names and the same lists', () => {
  const of = (web1: string[]) => zoneOf([web], endpointsOf({ web: web1 }))
  assert.equal(isSameZone(of(['10.0.0.1:80']), of(['10.0.0.1:80'])), true)
  assert.equal(isSameZone(of(['10.0.0.1:80']), of(['10.0.0.1:81'])), false)
  assert.equal(isSameZone(of(['10.0.0.1:80']), before), false)
  assert.equal(isSameZone(of([]), of(['10.0.0.1:80'])), false)
})
