import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followedSources } from '../../../core/publish/followed.ts'

const settings = { operatorSources: [], datacenters: ['dc1'] }
const wanted = [
  'nginx',
  'nginx.host=a.test',
  'urlprefix-a.test/',
  'urlprefix-:3306 proto=tcp',
  'traefik.enable=true',
  'Traefik.Enable=1',
  'traefik.http.routers.web.rule=Host(`a.test`)',
  'traefik.tcp.routers.db.rule=HostSNI(`*`)',
  'traefik.udp.routers.dns.entrypoints=dns',
]
const unwanted = [
  'nginxx',
  'urlprefix',
  'traefik.enable=false',
  'traefik.enable',
  'traefik.docker.network=x',
  'traefik.http.services.web.loadbalancer.server.port=80',
  'x-urlprefix-a.test/',
]

test('a service is followed for a tag that states a route, in the words of any proxy', () => {
  for (const tag of [...wanted, ...unwanted]) {
    const followed = followedSources(new Map([['dc1', new Map([['web', ['v1', tag]]])]]), [], settings)
    assert.deepEqual([...followed], wanted.includes(tag) ? ['web@dc1'] : [], tag)
  }
})

test('the services of the operator are followed whatever their tags', () => {
  const indexes = new Map([['dc1', new Map([['web', []]])]])
  const operatorSources = ['other@dc1']
  assert.deepEqual([...followedSources(indexes, [], { ...settings, operatorSources })], operatorSources)
})
