import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckReason, checkId, checkOutputs, entryMeta, managedBy } from '../../../core/catalog/entry.ts'
import { judgeService } from '../../../core/catalog/judge.ts'
import type { CatalogCheck, CatalogInstance, CheckStatus } from '../../../core/catalog/snapshot.ts'

const settings = {
  deployment: 'shop',
  homes: [{ account: '1', region: 'r' }],
  datacenter: 'dc1',
  prefix: 'quayside',
  networks: ['10.0.0.0/8', 'fd00::/8'],
}

function instance(over: Partial<CatalogInstance> = {}): CatalogInstance {
  return {
    datacenter: 'dc1',
    node: 'n',
    id: 'web-1',
    service: 'web',
    address: '10.0.0.1',
    port: 80,
    tags: [],
    meta: {},
    weight: 1,
    checks: [],
    ...over,
  }
}

function ours(reason: CheckReason | null, over: Partial<CatalogInstance> = {}): CatalogInstance {
  const meta = {
    [entryMeta.managedBy]: managedBy,
    [entryMeta.registrar]: 'shop',
    [entryMeta.taskId]: 't1',
    [entryMeta.account]: '1',
    [entryMeta.region]: 'r',
    [entryMeta.cluster]: 'c',
  }
  const status = reason === 'passing' ? 'passing' : 'critical'
  const own = reason === null ? [] : [check(status, checkId('web-1'), checkOutputs[reason])]
  return instance({ ...over, meta: { ...meta, ...over.meta }, checks: [...own, ...(over.checks ?? [])] })
}

function check(status: CheckStatus, id = 'c', output = ''): CatalogCheck {
  return { id, serviceId: 'web-1', status, output }
}

function judge(...instances: CatalogInstance[]) {
  return judgeService({ name: 'web', datacenter: 'dc1', instances }, settings)
}
const verdict = (one: CatalogInstance) => judge(one).instances[0]?.verdict

for (const reason of ['passing', 'draining', 'unhealthy', 'waiting', 'stopped'] as const)
  test(`an entry of ours whose check says ${reason} is ${reason}`, () => {
    assert.equal(verdict(ours(reason)), reason)
  })

test('an entry of ours needs its own check, and every other one to pass', () => {
  assert.equal(verdict(ours(null)), 'unproven')
  assert.equal(verdict(ours(null, { checks: [check('passing')] })), 'unproven')
  assert.equal(verdict(ours('passing', { checks: [check('critical')] })), 'unhealthy')
  assert.equal(verdict(ours('draining', { checks: [check('passing')] })), 'draining')
})

test('a critical check of ours with words of somebody else is unhealthy', () => {
  for (const output of ['', 'passing: no', 'nonsense'])
    assert.equal(verdict(ours(null, { checks: [check('critical', checkId('web-1'), output)] })), 'unhealthy')
})

test('an entry of others passes when all service and node checks pass', () => {
  assert.equal(verdict(instance()), 'passing')
  assert.equal(verdict(instance({ checks: [check('passing'), check('passing', 'serfHealth')] })), 'passing')
  assert.equal(
    verdict(instance({ checks: [check('passing'), check('critical', 'serfHealth')] })),
    'unhealthy',
  )
  assert.equal(verdict(instance({ checks: [check('warning')] })), 'unhealthy')
})

test('an entry of another deployment is one of others', () => {
  assert.equal(judge(ours('passing', { meta: { [entryMeta.registrar]: 'x' } })).instances[0]?.ledger, null)
})

test('an entry of the same deployment id in another account or region is one of others', () => {
  for (const meta of [{ [entryMeta.account]: '2' }, { [entryMeta.region]: 's' }]) {
    const [other] = judge(ours('draining', { meta })).instances
    assert.deepEqual(
      [other?.ledger, other?.cluster, other?.verdict],
      [null, null, verdict(instance({ checks: [check('critical')] }))],
    )
  }
})

test('maintenance takes an instance out on purpose', () => {
  assert.equal(verdict(instance({ checks: [check('critical', '_node_maintenance')] })), 'stopped')
  assert.equal(
    verdict(ours('passing', { checks: [check('critical', '_service_maintenance:web-1')] })),
    'stopped',
  )
})

test('where an address is ours, our entry alone speaks for it, whatever it says', () => {
  for (const reason of ['passing', 'draining', 'unhealthy', 'waiting', 'stopped'] as const) {
    const result = judge(instance({ id: 'registrator', node: 'a' }), ours(reason))
    assert.deepEqual(
      result.instances.map(({ id, verdict }) => [id, verdict]),
      [['web-1', reason]],
    )
    assert.match(result.problems[0]?.problem ?? '', /registered twice/)
  }
})

test('an address that cannot be a server drops that instance only, and is reported', () => {
  for (const bad of [{ address: 'web.internal' }, { address: '8.8.8.8' }, { address: '' }, { port: 0 }]) {
    const result = judge(instance({ ...bad, id: 'bad' }), ours('passing'))
    assert.deepEqual(
      result.instances.map(({ id }) => id),
      ['web-1'],
    )
    assert.deepEqual(
      result.problems.map(({ instance }) => instance),
      ['bad'],
    )
  }
})

test('where AWS hands out credentials is no server, whatever networks are allowed', () => {
  const all = { ...settings, networks: ['0.0.0.0/0', '::/0'] }
  const addresses = [
    '169.254.169.254',
    '169.254.170.2',
    '::ffff:a9fe:a9fe',
    '255.255.255.255',
    'fd00:ec2::254',
    'fe80::1',
    'febf::1',
  ]
  const instances = addresses.map((address, at) => instance({ address, id: `bad-${at}` }))
  const near = ['169.253.0.1', 'fd00:ec3::1', 'fec0::1', 'fd00::ec2:0:0'].map((address) => {
    return instance({ address, id: address })
  })
  const result = judgeService({ name: 'web', datacenter: 'dc1', instances: [...instances, ...near] }, all)
  assert.equal(result.instances.length, near.length)
  assert.deepEqual(
    result.problems.map((problem) => problem.instance),
    instances.map(({ id }) => id),
  )
})

test('an address has one spelling', () => {
  const result = judge(instance({ address: 'FD00:0:0::1' }), instance({ id: 'twin', address: 'fd00::1' }))
  assert.deepEqual(
    result.instances.map(({ server }) => server.address),
    ['fd00::1'],
  )
})

test('a service may state the limits of the guard', () => {
  const meta = { 'nginx-min-instances': '2', 'nginx-max-shrink': '20%' }
  assert.deepEqual(judge(ours('passing', { meta })).guard, { minInstances: 2, maxShrink: 0.2 })
  assert.deepEqual(judge(ours('passing')).guard, {})
})

test('a service may choose 503 over unhealthy instances', () => {
  assert.equal(judge(ours('passing')).failOpen, true)
  assert.equal(judge(ours('passing', { meta: { 'nginx-on-unhealthy': '503' } })).failOpen, false)
})

test('what we registered in another datacenter goes by our own check, but its ledger isn’t asked', () => {
  const [one] = judge(ours('draining', { datacenter: 'dc2' })).instances
  assert.deepEqual([one?.verdict, one?.ledger, one?.cluster], ['draining', null, null])
})
