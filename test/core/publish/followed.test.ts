import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followedServices } from '../../../core/publish/followed.ts'

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
    const followed = followedServices(new Map([['web', ['v1', tag]]]), [], [], 'dc1')
    assert.deepEqual([...followed], wanted.includes(tag) ? ['web'] : [], tag)
  }
})

test('the services of the operator are followed whatever their tags', () => {
  assert.deepEqual([...followedServices(new Map([['web', []]]), ['other'], [], 'dc1')], ['other'])
})
