import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTaskDefinition } from '../../../core/task/definition.ts'
import { desiredInstances } from '../../../core/task/desired.ts'
import { parseTask } from '../../../core/task/parse-task.ts'
import type { TaskHost } from '../../../core/task/ports.ts'
import { registrar, someHost } from '../../support/ledger.ts'
import { sampleEvent } from '../../support/task-events.ts'

type Container = Record<string, unknown>

function definitionOf(networkMode: string | null, ...containerDefinitions: Container[]) {
  return parseTaskDefinition({
    taskDefinitionArn: 'arn:aws:ecs:eu-central-1:210987654321:task-definition/web:131',
    family: 'family-name',
    ...(networkMode === null ? {} : { networkMode }),
    containerDefinitions,
  })
}

function desiredOf(
  event: 'awsvpc' | 'bridge' | 'host',
  definition: ReturnType<typeof definitionOf>,
  options: {
    host?: TaskHost | null
    health?: Record<string, 'HEALTHY' | 'UNHEALTHY'>
    detail?: Container
  } = {},
) {
  const task = parseTask({ ...sampleEvent(event).detail, ...options.detail })
  const { host = someHost, health = {} } = options
  return desiredInstances({ task, definition, host, health }, registrar)
}

const web = { name: 'web', portMappings: [{ containerPort: 8080 }, { containerPort: 9102 }] }
const cart = { name: 'cart', portMappings: [{ containerPort: 3000, protocol: 'tcp' }] }
const places = (desired: ReturnType<typeof desiredOf>) =>
  desired.instances.map(({ service, address, port }) => `${service} ${address}:${port}`)

test('in awsvpc mode an instance has the task address and the container port', () => {
  const desired = desiredOf('awsvpc', definitionOf('awsvpc', cart), { host: null })
  assert.deepEqual(places(desired), ['cart 10.40.12.87:3000'])
  assert.equal(desired.instances[0]?.id, 'cart-7f1c2d3e4b5a69788796a5b4c3d2e1f0-cart-3000')
  assert.equal(desired.instances[0]?.meta.revision, '131')
})

test('in bridge mode instances have the host address and the bound ports, the IPv6 twin once', () => {
  for (const mode of ['bridge', null]) {
    assert.deepEqual(places(desiredOf('bridge', definitionOf(mode, web))), [
      'web-8080 10.1.2.3:32781',
      'web-9102 10.1.2.3:32782',
    ])
  }
})

test('in host mode instances have the host address and the ports of the definition', () => {
  const edge = { name: 'edge-cache', portMappings: [{ containerPort: 53, protocol: 'udp' }] }
  const desired = desiredOf('host', definitionOf('host', edge))
  assert.deepEqual(places(desired), ['edge-cache 10.1.2.3:53'])
  assert.equal(desired.instances[0]?.id, 'edge-cache-ffeeddccbbaa00998877665544332211-edge-cache-53-udp')
  assert.deepEqual(desired.instances[0]?.tags, ['udp'])
})

test('a range of ports becomes one instance per port', () => {
  const ranged = { name: 'cart', portMappings: [{ containerPortRange: '4000-4002' }] }
  assert.deepEqual(places(desiredOf('awsvpc', definitionOf('awsvpc', ranged))), [
    'cart-4000 10.40.12.87:4000',
    'cart-4001 10.40.12.87:4001',
    'cart-4002 10.40.12.87:4002',
  ])
})

test('an address that is not known is an error to try again, never a guess', () => {
  const detail = { attachments: [], containers: [{ name: 'cart', lastStatus: 'RUNNING' }] }
  assert.throws(() => desiredOf('awsvpc', definitionOf('awsvpc', cart), { detail }), {
    code: 'TASK_UNRESOLVED',
  })
  const host = { instanceId: 'i-1', address: null, address6: null }
  assert.throws(() => desiredOf('bridge', definitionOf('bridge', web), { host }), { code: 'TASK_UNRESOLVED' })
})

test('a machine outside EC2 is a host like others: it is reached at the address that it told', () => {
  const host = { instanceId: 'mi-0123', address: null, address6: null }
  const define = definitionOf('bridge', web)
  assert.throws(() => desiredOf('bridge', define, { host }), { code: 'TASK_UNRESOLVED', message: /mi-0123/ })
  const told = { ...host, address: '10.7.7.7' }
  assert.equal(desiredOf('bridge', define, { host: told }).instances[0]?.address, '10.7.7.7')
})

test('words of the run win over the definition, and those over labels', () => {
  const named = {
    ...web,
    dockerLabels: { SERVICE_NAME: 'from-label', SERVICE_TAGS: 'label' },
    environment: [{ name: 'SERVICE_NAME', value: 'from-env' }],
  }
  const { instances } = desiredOf('bridge', definitionOf('bridge', named))
  assert.equal(instances[0]?.service, 'from-env-8080')
  assert.deepEqual(instances[0]?.tags, ['blue', 'v9'])
})

test('a name for one port is literal, and a port can be left out', () => {
  const dockerLabels = {
    SERVICE_8080_NAME: 'shop',
    SERVICE_9102_IGNORE: 'true',
    SERVICE_8080_ID: 'x',
    SERVICE_TEAM: 'a',
  }
  const { instances } = desiredOf('bridge', definitionOf('bridge', { ...web, dockerLabels }))
  assert.deepEqual(
    instances.map(({ service, id }) => [service, id]),
    [['shop', 'x-0a9b8c7d6e5f40312233445566778899-web-8080']],
  )
  assert.equal(instances[0]?.meta.team, 'a')
})

test('nginx labels become meta and a tag on the routed port only', () => {
  const dockerLabels = { 'nginx.host': 'shop.example', 'nginx.route.api.path': '/api', 'nginx.port': '9102' }
  const { instances } = desiredOf('bridge', definitionOf('bridge', { ...web, dockerLabels }))
  assert.deepEqual(
    instances.map(({ tags }) => tags.includes('nginx')),
    [false, true],
  )
  assert.equal(instances[1]?.meta['nginx-host'], 'shop.example')
  assert.equal(instances[1]?.meta['nginx-route-api-path'], '/api')
  assert.equal(instances[0]?.meta['nginx-host'], undefined)
})

test('nginx.enable=false keeps a service out of routing', () => {
  const dockerLabels = { 'nginx.host': 'shop.example', 'nginx.enable': 'false' }
  const { instances } = desiredOf('awsvpc', definitionOf('awsvpc', { ...cart, dockerLabels }))
  assert.deepEqual(instances[0]?.tags, [])
})

test('a bad value fails its own instance and leaves its siblings', () => {
  const dockerLabels = { SERVICE_8080_NAME: 'two words' }
  const { instances, problems } = desiredOf('bridge', definitionOf('bridge', { ...web, dockerLabels }))
  assert.deepEqual(
    instances.map(({ service }) => service),
    ['web-9102'],
  )
  assert.deepEqual(
    problems.map(({ container, port, refused }) => [container, port, refused]),
    [['web', 8080, true]],
  )
  assert.match(problems[0]?.problem ?? '', /two words/)
})

test('labels cannot claim another owner or task', () => {
  const dockerLabels = { SERVICE_registrar: 'evil', 'SERVICE_MANAGED-BY': 'evil', 'SERVICE_TASK-ID': 'evil' }
  const { instances } = desiredOf('awsvpc', definitionOf('awsvpc', { ...cart, dockerLabels }))
  assert.equal(instances[0]?.meta.registrar, 'test')
  assert.equal(instances[0]?.meta['managed-by'], 'quayside')
  assert.equal(instances[0]?.meta['task-id'], '7f1c2d3e4b5a69788796a5b4c3d2e1f0')
})

test('a declared health check decides the state of the instance', () => {
  const checked = definitionOf('awsvpc', { ...cart, healthCheck: { command: ['CMD', 'true'] } })
  const stateFor = (health: Record<string, 'HEALTHY' | 'UNHEALTHY'>) =>
    desiredOf('awsvpc', checked, { health }).instances[0]?.check
  assert.equal(stateFor({}), 'waiting')
  assert.equal(stateFor({ cart: 'HEALTHY' }), 'passing')
  assert.equal(stateFor({ cart: 'UNHEALTHY' }), 'unhealthy')
})
