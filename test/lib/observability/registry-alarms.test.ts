import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeName } from '../../../core/catalog/entry.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { measuredRegistry } from '../../support/alarms/measured-registry.ts'
import { taskDefinition } from '../../support/event.ts'
import { parsedDefinition } from '../../support/ledger.ts'
import { catalogOf, cluster } from '../../support/register.ts'

const away = () => Promise.reject(new QuaysideError('AWS_UNREACHABLE', 'nobody answers'))

test('no alarm is raised while all is well', async () => {
  const { aws, deliver, after } = measuredRegistry()
  aws.tasks.set('a', {})
  assert.deepEqual(await after(16, {}, () => deliver({ id: 'a' })), [])
})

test('EventsLate is raised where task events arrive a minute late', async () => {
  const { aws, deliver, after } = measuredRegistry()
  aws.tasks.set('a', {})
  await after(16)
  assert.deepEqual(await after(3, {}, () => deliver({ id: 'a' }, 61_000)), ['EventsLate'])
})

test('RecordsFailed is raised by a message that nobody can read', async () => {
  const { deps, deliver, after } = measuredRegistry()
  await after(16)
  const refused = () => Promise.reject(new QuaysideError('CONSUL_DENIED', 'permission denied'))
  Object.assign(deps, { submit: refused })
  assert.ok((await after(1, {}, () => deliver({ id: 'a' }))).includes('RecordsFailed'))
})

test('InstancesRefused is raised by a label that cannot be', async () => {
  const { aws, deliver, after } = measuredRegistry()
  const dockerLabels = { SERVICE_9000_NAME: 'x'.repeat(300) }
  const ports = [{ containerPort: 8080 }, { containerPort: 9000 }]
  const input = { containers: [{ name: 'web', portMappings: ports, dockerLabels }] }
  aws.definition = parsedDefinition(input)
  await after(16)
  const definition = taskDefinition(input)
  assert.deepEqual(await after(1, {}, () => deliver({ id: 'a', definition })), ['InstancesRefused'])
})

test('TasksRefused is raised by a task that does not fit into a transaction', async () => {
  const { aws, deliver, after } = measuredRegistry()
  const portMappings = Array.from({ length: 70 }, (_, at) => ({ containerPort: 8000 + at }))
  const input = { containers: [{ name: 'web', portMappings }] }
  aws.definition = parsedDefinition(input)
  await after(16)
  const definition = taskDefinition(input)
  const raised = await after(1, {}, () => deliver({ id: 'a', definition }))
  assert.deepEqual(raised, ['RecordsFailed', 'TasksRefused'])
})

test('ReconcileSilent is raised where no pass was made for a quarter of an hour, ReconcileFailing by passes that fail', async () => {
  const { deps, after, pass } = measuredRegistry()
  await after(16)
  const ecs = { ...deps.ecs, listTasks: away }
  const failing = { consul: { ...deps.consul, request: away } }
  assert.deepEqual(await after(5, failing), ['ReconcileFailing'])
  assert.deepEqual(await after(10, { ...failing, ecs }), ['ReconcileSilent', 'ReconcileFailing'])
  assert.deepEqual(pass(6), ['ReconcileSilent'])
})

test('ReconcilePartial is raised where ECS cannot be listed for a quarter of an hour', async () => {
  const { aws, deps, after } = measuredRegistry()
  for (let index = 0; index < 150; index += 1) aws.tasks.set(`t${index}`, {})
  await after(16)
  let calls = 0
  const describeTasks: typeof deps.ecs.describeTasks = (name, arns) =>
    calls++ % 2 === 0 ? deps.ecs.describeTasks(name, arns) : away()
  const raised = await after(15, { ecs: { ...deps.ecs, describeTasks } })
  assert.ok(raised.includes('ReconcilePartial'), raised.join())
})

test('Contradictions is raised where a cluster seems empty', async () => {
  const { aws, after } = measuredRegistry()
  aws.tasks.set('a', {})
  await after(16)
  aws.tasks.clear()
  assert.ok((await after(3)).includes('Contradictions'))
})

test('DeletesHeld is raised where tasks that ECS does not list cannot be proven gone', async () => {
  const { aws, after } = measuredRegistry()
  aws.tasks.set('a', {})
  aws.tasks.set('b', {})
  await after(16)
  aws.tasks.delete('b')
  aws.running.set('web', 2)
  assert.ok((await after(31)).includes('DeletesHeld'))
})

test('DriftContinues is raised where somebody changes our entries again and again', async () => {
  const { aws, consul, after } = measuredRegistry()
  aws.tasks.set('a', {})
  await after(16)
  const [entry = ''] = await catalogOf(consul)
  const ServiceID = entry.split(' ')[0]
  const body = { Node: nodeName(cluster), ServiceID }
  const take = () => consul.request({ method: 'PUT', path: '/v1/catalog/deregister', body })
  assert.deepEqual(await after(15, {}, take), ['DriftContinues'])
})

test('ClustersLeft is raised where a cluster out of the configuration is still in Consul', async () => {
  const { aws, deps, after } = measuredRegistry()
  aws.tasks.set('a', {})
  await after(16)
  const [own] = deps.settings.clusters
  const other = { ...own!, arn: own!.arn.replace('shop-ec2', 'another') }
  const raised = await after(15, { settings: { ...deps.settings, clusters: [other] } })
  assert.ok(raised.includes('ClustersLeft'), raised.join())
})
