import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListClustersCommand,
  ListContainerInstancesCommand,
  ListServicesCommand,
  ListTasksCommand,
  paginateListTasks,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { startTestEcs, type TestEcs, webDefinition } from '../../../support/ecs.ts'
import { eventually } from '../../../support/eventually.ts'
import { refusal } from '../../../support/s3.ts'

const cluster = 'local'

async function startWeb(
  t: Parameters<typeof startTestEcs>[0],
  options: Parameters<typeof startTestEcs>[1] = {},
) {
  const ecs = await startTestEcs(t, options)
  const containers = [
    {
      name: 'web',
      portMappings: [{ containerPort: 8080 }],
      dockerLabels: { SERVICE_NAME: 'web', 'nginx.host': 'web.example' },
      environment: { COLOUR: 'blue' },
      healthCheck: true,
    },
  ]
  ecs.createService({ name: 'web', taskDefinition: { family: 'web', containers }, desiredCount: 2 })
  await eventually('both healthy', () => ecs.isSettled())
  return ecs
}

const list = async (ecs: TestEcs, input: object = {}) =>
  (await ecs.client.send(new ListTasksCommand({ cluster, ...input }))).taskArns ?? []

test('DescribeTasks answers in the API shape: dates, health, attachments, bindings, version', async (t) => {
  const ecs = await startWeb(t)
  const tasks = await list(ecs)
  const answer = await ecs.client.send(new DescribeTasksCommand({ cluster, tasks, include: ['TAGS'] }))
  const [task] = answer.tasks ?? []
  const [container] = task?.containers ?? []
  assert.equal(answer.tasks?.length, 2)
  assert.ok(task?.startedAt instanceof Date && Math.abs(task.startedAt.getTime() - Date.now()) < 60_000)
  assert.deepEqual(
    [task.lastStatus, task.desiredStatus, task.healthStatus, task.version, task.group, task.launchType],
    ['RUNNING', 'RUNNING', 'HEALTHY', 3, 'service:web', 'EC2'],
  )
  assert.deepEqual([container?.name, container?.healthStatus], ['web', 'HEALTHY'])
  assert.equal(container?.networkBindings?.[0]?.containerPort, 8080)
  const response = await fetch(`http://127.0.0.1:${container?.networkBindings?.[0]?.hostPort}`)
  assert.equal(response.headers.get('x-task-id'), task.taskArn?.split('/').at(-1))
})

test('an ENI is an ElasticNetworkInterface in the API', async (t) => {
  const ecs = await startTestEcs(t, { eniAddress: () => '127.0.0.1' })
  const { id } = ecs.runTask({ ...webDefinition, networkMode: 'awsvpc', containers: [{ name: 'sidecar' }] })
  await eventually('RUNNING', () => ecs.task(id).lastStatus === 'RUNNING')
  const { tasks } = await ecs.client.send(new DescribeTasksCommand({ cluster, tasks: [id] }))
  const [attachment] = tasks?.[0]?.attachments ?? []
  assert.equal(attachment?.type, 'ElasticNetworkInterface')
  assert.ok(
    attachment?.details?.some(({ name, value }) => name === 'privateIPv4Address' && value === '127.0.0.1'),
  )
})

test('ListTasks lists what should run unless asked for STOPPED, and filters by service, host and family', async (t) => {
  const ecs = await startWeb(t, { graceSeconds: 600 })
  const other = ecs.runTask({ family: 'other', containers: [{}] }).arn
  assert.equal((await list(ecs)).length, 3)
  assert.equal((await list(ecs, { serviceName: 'web' })).length, 2)
  assert.deepEqual(await list(ecs, { family: 'other' }), [other])
  const [containerInstance] = ecs.instances().map(({ arn }) => arn)
  const onHost = ecs
    .tasks()
    .filter((task) => task.containerInstanceArn === containerInstance)
    .map(({ arn }) => arn)
  assert.deepEqual(await list(ecs, { containerInstance }), onHost.sort())
  await ecs.client.send(new StopTaskCommand({ cluster, task: other, reason: 'done' }))
  assert.equal((await list(ecs)).includes(other), false)
  assert.deepEqual(await list(ecs, { desiredStatus: 'STOPPED' }), [other])
})

test('ListTasks gives pages of up to 100 with a token, each task once', async (t) => {
  const ecs = await startTestEcs(t, { timings: { provisionMs: 60_000 } })
  const arns = Array.from({ length: 205 }, () => ecs.runTask(webDefinition).arn)
  const sizes: number[] = []
  const seen: string[] = []
  for await (const page of paginateListTasks({ client: ecs.client }, { cluster })) {
    sizes.push(page.taskArns?.length ?? 0)
    seen.push(...(page.taskArns ?? []))
  }
  assert.deepEqual(sizes, [100, 100, 5])
  assert.deepEqual(seen, arns.sort())
  assert.equal((await refusal(list(ecs, { nextToken: 'nonsense' }))).name, 'InvalidParameterException')
})

test('a task that is not there is a failure MISSING, and the others are described', async (t) => {
  const ecs = await startWeb(t)
  const [known = '', gone = ''] = await list(ecs)
  ecs.scale('web', 0)
  await eventually('STOPPED', () => ecs.task(gone).lastStatus === 'STOPPED')
  ecs.forgetTask(gone)
  const answer = await ecs.client.send(new DescribeTasksCommand({ cluster, tasks: [known, gone] }))
  assert.deepEqual(answer.failures, [{ arn: gone, reason: 'MISSING' }])
  assert.deepEqual(
    answer.tasks?.map(({ taskArn }) => taskArn),
    [known],
  )
})

test('stopped tasks stay describable for the retention time and are MISSING afterwards', async (t) => {
  let ahead = 0
  const ecs = await startTestEcs(t, { now: () => Date.now() + ahead })
  const { id } = ecs.runTask(webDefinition)
  ecs.stopTask(id)
  await eventually('STOPPED', () => ecs.task(id).lastStatus === 'STOPPED')
  const describe = () => ecs.client.send(new DescribeTasksCommand({ cluster, tasks: [id] }))
  assert.equal((await describe()).tasks?.[0]?.lastStatus, 'STOPPED')
  ahead = 3_700_000
  assert.equal((await describe()).failures?.[0]?.reason, 'MISSING')
})

test('DescribeTaskDefinition finds by ARN, family and revision, with labels, environment and ports', async (t) => {
  const ecs = await startWeb(t)
  ecs.registerTaskDefinition(webDefinition)
  const describe = async (taskDefinition: string) =>
    (await ecs.client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition
  const first = await describe('web:1')
  const [container] = first?.containerDefinitions ?? []
  assert.deepEqual(container?.dockerLabels, { SERVICE_NAME: 'web', 'nginx.host': 'web.example' })
  assert.deepEqual(container?.environment, [{ name: 'COLOUR', value: 'blue' }])
  assert.deepEqual(container?.portMappings, [{ containerPort: 8080, hostPort: 0, protocol: 'tcp' }])
  assert.deepEqual([container?.healthCheck?.retries, first?.networkMode], [3, undefined])
  assert.equal((await describe('web'))?.revision, 2)
  assert.deepEqual(await describe(first?.taskDefinitionArn ?? ''), first)
  assert.deepEqual(await refusal(describe('web:9')), { name: 'ClientException', status: 400 })
})

test('clusters, services and container instances are listed and described', async (t) => {
  const ecs = await startWeb(t)
  const { client } = ecs
  const { clusterArns } = await client.send(new ListClustersCommand({}))
  assert.deepEqual(clusterArns, [ecs.clusterArn])
  const described = await client.send(new DescribeClustersCommand({ clusters: [cluster, 'none'] }))
  assert.deepEqual(
    [described.clusters?.[0]?.runningTasksCount, described.failures?.[0]?.reason],
    [2, 'MISSING'],
  )
  const { serviceArns = [] } = await client.send(new ListServicesCommand({ cluster }))
  const services = await client.send(
    new DescribeServicesCommand({ cluster, services: [...serviceArns, 'none'] }),
  )
  const [web] = services.services ?? []
  assert.deepEqual(
    [web?.runningCount, web?.desiredCount, web?.deployments?.[0]?.rolloutState],
    [2, 2, 'COMPLETED'],
  )
  assert.equal(services.failures?.[0]?.reason, 'MISSING')
  const { containerInstanceArns = [] } = await client.send(new ListContainerInstancesCommand({ cluster }))
  const input = { cluster, containerInstances: [...containerInstanceArns, 'none'] }
  const hosts = await client.send(new DescribeContainerInstancesCommand(input))
  assert.deepEqual(
    hosts.containerInstances?.map(({ ec2InstanceId, status, agentConnected }) => [
      ec2InstanceId,
      status,
      agentConnected,
    ]),
    [
      ['i-0aaaaaaaaaaaaaaa1', 'ACTIVE', true],
      ['i-0aaaaaaaaaaaaaaa2', 'ACTIVE', true],
    ],
  )
  assert.equal(hosts.failures?.[0]?.reason, 'MISSING')
})

test('UpdateService scales and deploys', async (t) => {
  const ecs = await startWeb(t)
  await ecs.client.send(new UpdateServiceCommand({ cluster, service: 'web', desiredCount: 1 }))
  await eventually('one task', () => ecs.isSettled())
  const { service } = await ecs.client.send(
    new UpdateServiceCommand({ cluster, service: 'web', forceNewDeployment: true }),
  )
  assert.equal(service?.deployments?.[0]?.rolloutState, 'IN_PROGRESS')
  await eventually('the deployment', () => ecs.isSettled())
})

test('wrong requests get the errors that ECS gives', async (t) => {
  const ecs = await startWeb(t)
  const { client } = ecs
  const tooMany = Array.from({ length: 101 }, (_, n) => `task${n}`)
  const calls: [string, Promise<unknown>][] = [
    ['ClusterNotFoundException', client.send(new ListTasksCommand({ cluster: 'none' }))],
    ['ClusterNotFoundException', client.send(new ListTasksCommand({}))],
    ['InvalidParameterException', client.send(new DescribeTasksCommand({ cluster, tasks: tooMany }))],
    ['InvalidParameterException', client.send(new DescribeTasksCommand({ cluster, tasks: [] }))],
    ['InvalidParameterException', client.send(new StopTaskCommand({ cluster, task: 'none' }))],
    ['ServiceNotFoundException', client.send(new ListTasksCommand({ cluster, serviceName: 'none' }))],
    ['ServiceNotFoundException', client.send(new UpdateServiceCommand({ cluster, service: 'none' }))],
  ]
  for (const [name, call] of calls) assert.deepEqual(await refusal(call), { name, status: 400 })
  const unknown = await fetch(ecs.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'Other.Action' },
    body: '{}',
  })
  assert.match(await unknown.text(), /UnknownOperationException/)
})

test('faults answer any action with an error, late, or with a reset', async (t) => {
  const ecs = await startTestEcs(t)
  ecs.setFaults(({ action }) =>
    action === 'ListTasks' ? { code: 'ThrottlingException', message: 'Rate exceeded' } : undefined,
  )
  assert.deepEqual(await refusal(list(ecs)), { name: 'ThrottlingException', status: 400 })
  await ecs.client.send(new ListClustersCommand({}))
  ecs.setFaults(() => ({ status: 500 }))
  assert.deepEqual(await refusal(list(ecs)), { name: 'ServerException', status: 500 })
  ecs.setFaults(() => 'reset')
  assert.equal((await refusal(list(ecs))).status, undefined)
  ecs.setFaults(() => ({ delayMs: 1 }))
  assert.deepEqual(await list(ecs), [])
  assert.deepEqual(ecs.requests.map(({ action }) => action).slice(0, 2), ['ListTasks', 'ListClusters'])
})
