import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startTestConsul } from '../support/consul.ts'
import { eventually } from '../support/eventually.ts'
import { runHere, type Said } from '../support/operator.ts'
import { currentRelease, startPublisher, testCatalog } from '../support/publisher.ts'
import { startTestS3, type TestS3 } from '../support/s3.ts'
import { tempDir } from '../support/tmp.ts'

const config = {
  deployment: 'test',
  clusters: [{ arn: 'arn:aws:ecs:eu-central-1:111122223333:cluster/main' }],
  consul: { secret: 'consul' },
  network: {
    vpcId: 'vpc-0123456789abcdef0',
    subnets: [{ id: 'subnet-0123456789abcdef0', availabilityZone: 'eu-central-1a' }],
  },
}

/** A catalog with one routed task, published once; and the command over both. */
async function world(t: TestContext, templates: Readonly<Record<string, string>> = {}) {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.task('web', 't1', 8001)
  process.env.CONSUL_HTTP_ADDR = consul.httpsUrl
  process.env.CONSUL_CACERT = consul.ca?.path
  process.env.CONSUL_TLS_SERVER_NAME = consul.serverName
  const folder = tempDir(t)
  const file = join(folder, 'quayside.config.json')
  writeFileSync(file, JSON.stringify({ ...config, templates: '.' }))
  for (const [name, text] of Object.entries(templates)) writeFileSync(join(folder, `${name}.hbs`), text)
  const words = ['plan', '--config', file, '--bucket', s3.bucket]
  const plan = (...more: readonly string[]): Promise<Said> => runHere(s3, [...words, ...more], Date.now)
  return { consul, s3, catalog, plan }
}

const stored = (s3: TestS3) => [...s3.objects(s3.bucket).keys()].sort()

test('plan tells before the first release what would be in it, and afterwards that nothing changes', async (t) => {
  const { consul, s3, plan } = await world(t)
  const first = await plan()
  assert.deepEqual([first.code, first.err, stored(s3)], [0, '', []])
  assert.match(first.out, /^nothing was published yet/)
  assert.match(
    first.out,
    /^web@dc1: it states routes now\n {2}\+ route 80 web\.test \/\n {2}\+ 10\.0\.0\.1:8001$/m,
  )
  const publisher = startPublisher(t, consul, s3)
  await eventually('the first release', () => currentRelease(s3)?.servers.web?.length === 1)
  await publisher.stop()
  const before = stored(s3)
  const second = await plan('--diff')
  assert.deepEqual([second.code, second.err], [0, ''])
  assert.match(second.out, /the same layout\n\nNo change\.\n\nThe rendered files stay as they are\.$/)
  assert.deepEqual(stored(s3), before)
})

test('plan tells what came, went, changed and is held, each with its reason, and writes nothing', async (t) => {
  const { consul, s3, catalog, plan } = await world(t)
  await catalog.task('web', 't2', 8002)
  await catalog.task('web', 't3', 8003)
  await catalog.task('api', 't9', 9001)
  const publisher = startPublisher(t, consul, s3)
  await eventually('the first release', () => {
    const servers = currentRelease(s3)?.servers
    return servers?.web?.length === 3 && servers.api?.length === 1
  })
  await publisher.stop()
  await catalog.task('web', 't1', 8001, { reason: 'draining', phase: 'draining' })
  await catalog.lose('web', 't3')
  await catalog.gone('api', 't9')
  await catalog.task('api', 't8', 9002, { meta: { 'nginx-path': '/v2' } })
  const before = stored(s3)
  const { code, out, err } = await plan('--diff')
  assert.deepEqual([code, err, stored(s3)], [0, '', before])
  assert.match(
    out,
    /^web@dc1\n {2}- 10\.0\.0\.1:8001: draining\n {2}= 10\.0\.0\.1:8003 is held: .*its task is live$/m,
  )
  assert.match(out, /^api@dc1: nginx-path: nothing → "\/v2"$/m)
  assert.match(out, /^ {2}- 10\.0\.0\.1:9001: its task is gone \(ecs\)\n {2}\+ 10\.0\.0\.1:9002$/m)
  assert.match(out, /^ {2}\+ route 80 api\.test = \/v2$/m)
  assert.match(out, /^To change: 2\.$/m)
  assert.match(out, /^--- servers\.http\.conf \(in force\)\n\+\+\+ servers\.http\.conf \(planned\)\n@@ /m)
  const record = JSON.parse((await plan('--json')).out)
  assert.equal(record.changes, true)
  assert.deepEqual(
    record.services.map(({ service }: { service: string }) => service),
    ['api@dc1', 'web@dc1'],
  )
})

test('what can’t be read gives no plan', async (t) => {
  const { plan, s3 } = await world(t)
  process.env.CONSUL_HTTP_ADDR = 'http://127.0.0.1:1'
  const { code, out, err } = await plan('--json')
  assert.deepEqual([code, JSON.parse(out).code], [1, 'CONSUL_UNREACHABLE'])
  assert.match(err, /127\.0\.0\.1:1/)
  s3.setFaults(() => ({ status: 403, code: 'AccessDenied' }))
  assert.match((await plan()).err, /^AWS_DENIED: .*channels\/current\.json/)
  assert.match((await plan('--templates', '/nowhere')).err, /^TEMPLATE_MISSING/)
})

test('plan renders operators’ templates with what they turn out to read', async (t) => {
  const text = `upstream own { {{#service (key "name")}}server {{HostPort}};{{/service}} }
map x $own_limit { default {{key "limit"}}; }
`
  const { consul, s3, catalog, plan } = await world(t, { 'own.http': text })
  await catalog.key('name', 'web')
  await catalog.key('limit', '10')
  const first = await plan('--diff')
  assert.deepEqual([first.code, first.err], [0, ''])
  assert.match(
    first.out,
    /^\+upstream own \{ server 10\.0\.0\.1:8001; \}\n\+map x \$own_limit \{ default 10; \}$/m,
  )
  const publisher = startPublisher(t, consul, s3, { operatorTemplates: { 'own.http': text } })
  await eventually('the first release', () => currentRelease(s3)?.pointer.volatile.length === 1)
  await publisher.stop()
  await catalog.task('web', 't2', 8002)
  const second = await plan('--diff')
  assert.match(second.out, /^\+upstream own \{ server 10\.0\.0\.1:8001;server 10\.0\.0\.1:8002; \}$/m)
})
