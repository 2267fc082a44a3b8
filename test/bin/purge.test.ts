import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { compareAndSet } from '../../adapters/consul/kv.ts'
import { main } from '../../bin/commands/main.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { absentKey, epochKey, leaseKey, ledgerFolder, stampKey } from '../../core/ledger/keys.ts'
import { clusterArn } from '../../core/reconcile/left-clusters.ts'
import { listenHttp, readBody } from '../../local/aws/http-server.ts'
import { runQuayside } from '../support/command-line.ts'
import { startTestConsul } from '../support/consul.ts'
import { changesBetween, dumpConsul, pick } from '../support/consul-dump.ts'
import { openClient } from '../support/register.ts'
import { fillCluster } from '../support/registered-tasks.ts'
import { tempDir } from '../support/tmp.ts'

const account = '210987654321'
const region = 'eu-central-1'
const cluster = { account, region, cluster: 'shop' }
const arn = clusterArn(cluster)
const node = nodeName(cluster)
const prefix = 'apps/quayside'
const hour = 3_600_000

const put = (client: ConsulClient, path: string, body: unknown) =>
  client.request({ method: 'PUT', path, body })

/** A service that somebody put on a node, whatever its meta claims. */
const strange = (client: ConsulClient, Node: string, ID: string, Meta: Record<string, string> = {}) =>
  put(client, '/v1/catalog/register', {
    ...{ Node, SkipNodeUpdate: true },
    Service: { ID, Service: 'web', Meta },
    Check: { Node, CheckID: `${ID}:own`, Name: 'own', Status: 'passing', ServiceID: ID },
  })

test('purge removes what is ours of the cluster, and nothing else', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  const client = openClient(consul, t)
  const folder = tempDir(t)
  writeFileSync(join(folder, 'token'), `${consul.token}\n`)
  const env = {
    CONSUL_HTTP_ADDR: consul.httpsUrl?.replace('https://', ''),
    CONSUL_HTTP_SSL: 'true',
    CONSUL_CACERT: consul.ca?.path,
    CONSUL_TLS_SERVER_NAME: consul.serverName,
    CONSUL_HTTP_TOKEN_FILE: join(folder, 'token'),
  }
  const purge = (...args: readonly string[]) =>
    runQuayside(env, ['purge', '--cluster', arn, '--deployment', 'prod', '--prefix', prefix, ...args], folder)

  await fillCluster(client, cluster, 'prod', 150, prefix)
  // Everybody else: a cluster whose name begins alike, the same names in another account and region, another deployment
  // below the same prefix, the same deployment below another prefix.
  await fillCluster(client, { ...cluster, cluster: 'shop-b' }, 'prod', 3, prefix)
  await fillCluster(client, { ...cluster, account: '111122223333' }, 'prod', 3, prefix)
  await fillCluster(client, { ...cluster, region: 'eu-central-2' }, 'prod', 3, prefix)
  await fillCluster(client, { ...cluster, cluster: 'other' }, 'staging', 3, prefix)
  await fillCluster(client, { ...cluster, cluster: 'elsewhere' }, 'prod', 3, 'apps/other')
  await strange(client, node, 'stranger')
  await strange(client, node, 'impostor', { 'managed-by': 'quayside', registrar: 'staging', account })
  await strange(client, node, 'twin', {
    'managed-by': 'quayside',
    registrar: 'prod',
    account: '111122223333',
  })
  const own = `${ledgerFolder(prefix, cluster)}notes/from-an-operator`
  for (const key of [own, epochKey(prefix), `${prefix}/tasks`, `${prefix}/hosts/readme`, 'apps/unrelated'])
    await compareAndSet(client, key, 'kept', 0)

  const before = await dumpConsul(client)
  const isOurs = (name: string) =>
    name.startsWith(`service ${node} web-task-`) ||
    name.startsWith(`check ${node} web-task-`) ||
    (name.includes(`/${account}/${region}/shop/task-`) &&
      /^key apps\/quayside\/(tasks|hosts)\//.test(name)) ||
    [stampKey, leaseKey, absentKey].some((keyOf) => name === `key ${keyOf(prefix, cluster)}`)

  await t.test('it shows what it would do without doing it', async () => {
    const { code, stdout } = await purge('--dry-run')
    assert.equal(code, 0)
    assert.match(stdout, /^instances, with their checks +140$/m)
    assert.match(stdout, /^ledger entries +150$/m)
    assert.match(stdout, /^host index keys +140$/m)
    assert.match(stdout, /^node +0$/m)
    assert.match(stdout, /service stranger: no Quayside registered it/)
    assert.deepEqual(changesBetween(before, await dumpConsul(client)), [])
  })

  await t.test('where nobody can be asked it does nothing and says so', async () => {
    const { code, stdout, stderr } = await purge()
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /--yes/)
    assert.deepEqual(changesBetween(before, await dumpConsul(client)), [])
  })

  await t.test('it refuses while a deployment seems to serve the cluster', async () => {
    const stamp = stampKey(prefix, cluster)
    const lease = leaseKey(prefix, cluster)
    const set = async (key: string, value: object) =>
      void (await client.request({ method: 'PUT', path: `/v1/kv/${key}`, body: JSON.stringify(value) }))
    await set(stamp, { epoch: 'e', at: Date.now() - 200_000 })
    const stamped = await purge('--yes', '--json')
    assert.equal(stamped.code, 1)
    assert.match(stamped.stderr, /^PURGE_REFUSED: .*reconciled 20\d s ago.*--force/)
    assert.equal(JSON.parse(stamped.stdout).code, 'PURGE_REFUSED')
    await set(stamp, { epoch: 'e', at: Date.now() - hour })
    await set(lease, { holder: 'h', until: Date.now() + 60_000 })
    assert.match((await purge('--yes')).stderr, /PURGE_REFUSED: .*pass of it is under way/)
    await set(lease, { holder: 'h', until: 0 })
    const changed = changesBetween(before, await dumpConsul(client))
    assert.deepEqual(changed, [`key ${lease}`, `key ${stamp}`])
  })

  await t.test('everything of others is as it was, to the index', async () => {
    const { code, stdout, stderr } = await purge('--yes', '--json')
    assert.equal(code, 0, stderr)
    const record = JSON.parse(stdout)
    assert.equal(record.outcome, 'removed')
    const counts = { instances: 140, ledgerEntries: 150, hostKeys: 140, bookkeeping: 3, node: false }
    assert.deepEqual(record.entries, counts)
    const kept = record.kept.map(({ what, name }: { what: string; name: string }) => `${what} ${name}`)
    assert.deepEqual(kept.sort(), [
      `keys ${own}`,
      `node ${node}`,
      'service impostor',
      'service stranger',
      'service twin',
    ])
    const after = await dumpConsul(client)
    assert.deepEqual(
      changesBetween(
        pick(before, (name) => !isOurs(name)),
        after,
      ),
      [],
    )
    assert.deepEqual([...after.keys()].filter(isOurs), [])
  })

  await t.test('the node goes once it is empty, and then nothing is left to do', async () => {
    for (const ServiceID of ['stranger', 'impostor', 'twin'])
      await put(client, '/v1/catalog/deregister', { Node: node, ServiceID })
    const last = await dumpConsul(client)
    assert.match((await purge('--yes')).stdout, /^node +1$/m)
    assert.deepEqual(changesBetween(last, await dumpConsul(client)), [`node ${node}`])
    const again = await purge('--yes')
    assert.deepEqual([again.code, /Nothing of deployment prod is left/.test(again.stdout)], [0, true])
  })

  await t.test('a token is never shown', async () => {
    const { code, stdout, stderr } = await runQuayside(
      { ...env, CONSUL_HTTP_TOKEN_FILE: undefined, CONSUL_HTTP_TOKEN: 'no-such-token' },
      ['purge', '--cluster', arn, '--deployment', 'prod', '--yes', '--json'],
      folder,
    )
    assert.equal(code, 1)
    assert.match(stderr, /^CONSUL_DENIED: /)
    assert.doesNotMatch(stdout + stderr, /no-such-token/)
  })
})

test('a person is asked, with the table before, and may say no', async (t) => {
  const consul = await startTestConsul(t, { tls: false })
  const client = openClient(consul, t)
  await fillCluster(client, cluster, 'prod', 2, prefix)
  const out: string[] = []
  const run = (answer: string) =>
    main(['purge', '--cluster', arn, '--deployment', 'prod', '--prefix', prefix], {
      out: (text) => void out.push(text),
      err: () => {},
      ask: async () => {
        assert.match(out.at(-1) ?? '', /^instances, with their checks +2$/m)
        return answer
      },
      env: { CONSUL_HTTP_ADDR: consul.httpUrl },
      now: Date.now,
    })
  const before = await dumpConsul(client)
  assert.equal(await run('no'), 1)
  assert.deepEqual(changesBetween(before, await dumpConsul(client)), [])
  assert.equal(await run('yes'), 0)
  assert.equal((await dumpConsul(client)).size, 0)
})

test('how to reach Consul can be read from the secret that the functions read', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  const client = openClient(consul, t)
  await fillCluster(client, cluster, 'prod', 2, prefix)
  const { token, serverName, ca, httpsUrl } = consul
  const secret = { addresses: [httpsUrl], token, serverName, ca: ca?.pem }
  const server = await listenHttp(async (request, response) => {
    const asked = JSON.parse((await readBody(request, 10_000))?.toString() ?? '')
    const found = asked.SecretId === 'prod/consul'
    response.writeHead(found ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
    const missing = { __type: 'ResourceNotFoundException' }
    response.end(JSON.stringify(found ? { SecretString: JSON.stringify(secret) } : missing))
  })
  t.after(() => server.close())
  const env = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
  }
  const purge = (id: string) =>
    runQuayside(env, [
      ...['purge', '--cluster', arn, '--deployment', 'prod', '--prefix', prefix, '--yes'],
      ...['--datacenter', 'dc1', '--consul-secret', id],
    ])
  const wrong = await purge('prod/other')
  assert.deepEqual([wrong.code, /ResourceNotFound/.test(wrong.stderr)], [1, true])
  const { code, stdout, stderr } = await purge('prod/consul')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^instances, with their checks +2$/m)
  assert.equal((await dumpConsul(client)).size, 0)
})

test('a cluster that is still configured is not purged, whatever else is said', async (t) => {
  const folder = tempDir(t)
  const config = {
    deployment: 'prod',
    clusters: [{ arn }],
    consul: { secret: 'consul' },
    network: {
      vpcId: 'vpc-0123456789abcdef0',
      subnets: [{ id: 'subnet-0123456789abcdef0', availabilityZone: 'eu-central-1a' }],
    },
  }
  writeFileSync(join(folder, 'quayside.config.json'), JSON.stringify(config))
  const env = { CONSUL_HTTP_ADDR: '127.0.0.1:1' }
  const named = await runQuayside(env, ['purge', '--cluster', arn, '--yes', '--force'], folder)
  assert.equal(named.code, 1)
  assert.match(named.stderr, /^PURGE_REFUSED: .*still names/)
  const other = ['purge', '--cluster', arn.replace('/shop', '/gone'), '--yes']
  assert.match((await runQuayside(env, other, folder)).stderr, /^CONSUL_UNREACHABLE: .*127\.0\.0\.1:1/)
  const both = await runQuayside(env, [...other, '--config', 'x', '--deployment', 'prod'], folder)
  assert.deepEqual([both.code, /exclude one another/.test(both.stderr)], [2, true])
})
