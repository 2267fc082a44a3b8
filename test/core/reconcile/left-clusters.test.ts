import assert from 'node:assert/strict'
import { test } from 'node:test'
import { homesOf } from '../../../core/ledger/home.ts'
import {
  clusterArn,
  describeLeft,
  type Remains,
  unconfigured,
} from '../../../core/reconcile/left-clusters.ts'

const home = { account: '111122223333', region: 'eu-central-1' }
const key = (cluster: string) => ({ ...home, cluster })
const ours = { registrar: 'prod', account: home.account }
const remains: Remains = {
  nodeMeta: { registrar: 'prod' },
  metas: [ours],
  ledgerEntries: 1,
  reconciledAt: null,
}

test('what has a node or a ledger and is not configured was left, once each and in order', () => {
  const nodes = ['quayside-111122223333-eu-central-1-b', 'quayside-111122223333-eu-central-1-kept', 'other']
  const left = unconfigured(home, { nodes, folders: ['c', 'b', 'kept', ''] }, [key('kept')])
  assert.deepEqual(left, [key('b'), key('c')])
})

test('nodes of other accounts and regions are not ours, though they carry our deployment id', () => {
  const nodes = ['quayside-444455556666-eu-central-1-b', 'quayside-111122223333-eu-west-1-b']
  assert.deepEqual(unconfigured(home, { nodes, folders: [] }, []), [])
})

test('a cluster that another deployment registers was not left', () => {
  assert.equal(describeLeft(key('a'), { ...remains, nodeMeta: { registrar: 'staging' } }, 'prod'), null)
})

test('only instances with our registrar and account are counted', () => {
  const metas = [ours, ours, {}, { ...ours, account: '444455556666' }, { ...ours, registrar: 'staging' }]
  const left = describeLeft(key('a'), { ...remains, metas }, 'prod')
  assert.deepEqual([left?.instances, left?.node, left?.lastReconciled], [2, 'ours', null])
})

test('once purged it is no longer reported, though others keep its node there', () => {
  const purged = { ...remains, metas: [{}], ledgerEntries: 0 }
  assert.equal(describeLeft(key('a'), purged, 'prod'), null)
  assert.notEqual(describeLeft(key('a'), { ...purged, metas: [] }, 'prod'), null)
  assert.equal(describeLeft(key('a'), { ...purged, nodeMeta: null, metas: [] }, 'prod'), null)
})

test('the ARN has the partition of its region', () => {
  assert.equal(
    clusterArn({ account: '1', region: 'cn-north-1', cluster: 'a' }),
    'arn:aws-cn:ecs:cn-north-1:1:cluster/a',
  )
  assert.match(clusterArn({ account: '1', region: 'us-gov-east-1', cluster: 'a' }), /^arn:aws-us-gov:/)
  assert.match(clusterArn(key('a')), /^arn:aws:ecs:eu-central-1:/)
})

test('homes are the accounts and regions of the clusters, once each', () => {
  assert.deepEqual(homesOf([key('a'), key('b'), { ...key('a'), region: 'eu-west-1' }]), [
    home,
    { ...home, region: 'eu-west-1' },
  ])
})
