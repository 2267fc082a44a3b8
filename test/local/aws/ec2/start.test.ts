import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import { type Ec2Instance, type Ec2Options, startEc2 } from '../../../../local/aws/ec2/start.ts'
import { startTestEcs } from '../../../support/ecs.ts'
import { refusal } from '../../../support/s3.ts'

const instance = (n: number, state: Ec2Instance['state'] = 'running'): Ec2Instance => ({
  instanceId: `i-000000000000000${n}`,
  privateIpAddress: `10.0.0.${n}`,
  availabilityZone: 'eu-central-1a',
  state,
})

async function startClient(t: TestContext, options: Partial<Ec2Options> = {}): Promise<EC2Client> {
  const instances = [instance(1), instance(2), instance(3, 'terminated')]
  const server = await startEc2({ instances: () => instances, ...options })
  t.after(() => server.close())
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' }
  const client = new EC2Client({ endpoint: server.url, region: 'eu-central-1', credentials, maxAttempts: 1 })
  t.after(() => client.destroy())
  return client
}

async function describe(client: EC2Client, input: DescribeInstancesCommandInput) {
  const { Reservations = [], NextToken } = await client.send(new DescribeInstancesCommand(input))
  const found = Reservations.flatMap(({ Instances = [] }) => Instances)
  return { NextToken, found: found.map((one) => [one.InstanceId, one.PrivateIpAddress, one.State?.Name]) }
}

test('a filter by instance-id finds those that exist, with address and state', async (t) => {
  const client = await startClient(t)
  const Values = ['i-0000000000000001', 'i-0000000000000003', 'i-0000000000000009']
  const { found } = await describe(client, { Filters: [{ Name: 'instance-id', Values }] })
  assert.deepEqual(found, [
    ['i-0000000000000001', '10.0.0.1', 'running'],
    ['i-0000000000000003', undefined, 'terminated'],
  ])
})

test('filters combine, and without any every instance is listed, in pages', async (t) => {
  const client = await startClient(t)
  const Filters = [{ Name: 'instance-state-name', Values: ['running'] }]
  assert.equal((await describe(client, { Filters })).found.length, 2)
  const first = await describe(client, { MaxResults: 2 })
  const second = await describe(client, { MaxResults: 2, NextToken: first.NextToken! })
  assert.deepEqual([first.found.length, second.found.length, second.NextToken], [2, 1, undefined])
})

test('an unknown id in the list of ids fails the call, as do unknown filters and actions', async (t) => {
  const client = await startClient(t)
  assert.equal((await refusal(describe(client, { InstanceIds: ['i-1'] }))).name, 'InvalidInstanceID.NotFound')
  const Filters = [{ Name: 'colour', Values: ['blue'] }]
  assert.equal((await refusal(describe(client, { Filters }))).name, 'InvalidParameterValue')
  assert.equal((await refusal(client.send(new DescribeVpcsCommand({})))).name, 'InvalidAction')
})

test('faults answer with an error', async (t) => {
  const client = await startClient(t, { faults: () => ({ status: 503, code: 'RequestLimitExceeded' }) })
  assert.deepEqual(await refusal(describe(client, {})), { name: 'RequestLimitExceeded', status: 503 })
})

test('the hosts of ECS are instances of EC2, and a lost one is terminated', async (t) => {
  const ecs = await startTestEcs(t)
  const both = await describe(ecs.ec2, {})
  assert.deepEqual(
    both.found.map(([, address]) => address),
    ['127.0.0.1', '127.0.0.1'],
  )
  ecs.loseInstance('i-0aaaaaaaaaaaaaaa1')
  assert.deepEqual((await describe(ecs.ec2, {})).found[0]?.[2], 'terminated')
})
