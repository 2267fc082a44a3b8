import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestConsul } from '../support/consul.ts'
import { openTestBucket } from '../support/operator.ts'
import { testCatalog } from '../support/publisher.ts'
import { routedService } from '../support/routes.ts'

const services = [
  routedService('web', { 'nginx-host': 'a.test' }),
  routedService('api', { 'nginx-host': 'a.test', 'nginx-path': '/api' }),
]

test('explain leads from a request to its route, upstream, service and tasks, with the bucket alone', async (t) => {
  const bucket = await openTestBucket(t)
  await bucket.publish(services, { web: ['10.0.0.1:8001'], api: ['10.0.0.2:8002', '10.0.0.3:8003'] })
  const { code, out, err } = await bucket.quayside(['explain', 'a.test/api/users', ...bucket.at])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^port 80 \(http\)\n {2}route {5}80 a\.test \/api\/ \(servers\.http\.conf, line \d+\)$/m)
  assert.match(out, /because {3}the server has this name; \/api\/ is its longest prefix/)
  assert.match(out, /upstream {2}quayside_api_[0-9a-f]{10}, least_conn/)
  assert.match(out, /service {3}api@dc1, share 100\n {12}nginx-host="a\.test" nginx-path="\/api"/)
  assert.match(
    out,
    /^ {4}in +10\.0\.0\.2:8002 .+ arn:aws:ecs:eu-central-1:111122223333:task\/main\/task8002$/m,
  )
  assert.match(out, /^generation: \d+$/m)
  const root = JSON.parse(
    (await bucket.quayside(['explain', 'http://A.test:80', ...bucket.at, '--json'])).out,
  )
  assert.deepEqual(
    root.listeners[0].sources.map(({ source }: { source: string }) => source),
    ['web@dc1'],
  )
})

test('a host that nobody has, a listener that isn’t there and a wrong word are told apart', async (t) => {
  const bucket = await openTestBucket(t)
  await bucket.publish(services, { web: [], api: [] })
  const unknown = await bucket.quayside(['explain', 'other.test', ...bucket.at])
  assert.match(unknown.out, /no server names the host, so the default one answers/)
  assert.match(unknown.out, /answer {4}return 503/)
  const none = await bucket.quayside(['explain', 'a.test', '--listen', '81', ...bucket.at])
  assert.deepEqual([none.code, /^No listener/.test(none.out)], [1, true])
  const empty = await bucket.quayside(['explain', 'a.test', ...bucket.at])
  assert.match(empty.out, /least_conn, without a server: it answers 503/)
  assert.match(empty.out, /^ {12}no server$/m)
  for (const [words, expected] of [
    [['explain'], /A host is needed/],
    [['explain', '/api'], /is no host/],
    [['explain', 'a.test', '--listen', 'web'], /expected a port/],
    [['explain', 'a.test', 'b.test'], /one too many/],
  ] as const) {
    const { code, err } = await bucket.quayside([...words, ...bucket.at])
    assert.deepEqual([code, expected.test(err)], [2, true], err)
  }
})

test('who has share 0 takes no request, and where nobody else does, nginx answers 503', async (t) => {
  const bucket = await openTestBucket(t)
  const member = (name: string, weight: string) =>
    routedService(name, { 'nginx-host': 'a.test', 'nginx-group': 'g', 'nginx-weight': weight })
  const servers = { blue: ['10.0.0.1:8001'], green: ['10.0.0.2:8002'] }
  const explained = async (blue: string, green: string) => {
    await bucket.publish([member('blue', blue), member('green', green)], servers)
    return (await bucket.quayside(['explain', 'a.test', ...bucket.at])).out
  }
  const one = await explained('0', '100')
  assert.match(one, /blue@dc1, share 0: none of its servers takes a request/)
  assert.doesNotMatch(one, /503/)
  assert.match(await explained('0', '0'), /without a server: it answers 503/)
})

test('with Consul it names who takes no traffic, and what the check says', async (t) => {
  const consul = await startTestConsul(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  await catalog.task('web', 't2', 8002, { reason: 'waiting' })
  const bucket = await openTestBucket(t)
  await bucket.publish(services, { web: ['10.0.0.1:8001', '10.0.0.1:8009'], api: [] })
  process.env.CONSUL_HTTP_ADDR = consul.httpsUrl
  process.env.CONSUL_CACERT = consul.ca?.path
  process.env.CONSUL_TLS_SERVER_NAME = consul.serverName
  const { code, out, err } = await bucket.quayside(['explain', 'a.test', '--consul', ...bucket.at])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^ {4}in +10\.0\.0\.1:8001 +passing: the task is running /m)
  assert.match(out, /^ {4}in +10\.0\.0\.1:8009 +published; Consul has no such instance now /m)
  assert.match(out, /^ {4}out +10\.0\.0\.1:8002 +waiting: waiting for the ECS health check/m)
})
