import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readStatement } from '../../../core/route/statement.ts'
import { isRegistrationWord, parseTaskDefinition } from '../../../core/task/definition.ts'
import { desiredInstances } from '../../../core/task/desired.ts'
import type { Instance } from '../../../core/task/instance.ts'
import { parseTask } from '../../../core/task/parse-task.ts'
import { registrar } from '../../support/ledger.ts'
import { build } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'
import { sampleEvent } from '../../support/task-events.ts'

type Text = Readonly<Record<string, string>>

/** A task of one container with the ports 3000 (`main`) and 9100. */
function desired(dockerLabels: Text, environment: Text = {}, override: Text = {}) {
  const pairs = (all: Text) => Object.entries(all).map(([name, value]) => ({ name, value }))
  const definition = parseTaskDefinition({
    taskDefinitionArn: 'arn:aws:ecs:eu-central-1:210987654321:task-definition/cart:57',
    family: 'cart',
    networkMode: 'awsvpc',
    containerDefinitions: [
      {
        name: 'cart',
        portMappings: [{ containerPort: 3000, name: 'main' }, { containerPort: 9100 }],
        dockerLabels,
        environment: pairs(environment),
      },
    ],
  })
  const task = parseTask({
    ...sampleEvent('awsvpc').detail,
    containers: [{ name: 'cart', lastStatus: 'RUNNING' }],
    overrides: { containerOverrides: [{ name: 'cart', environment: pairs(override) }] },
  })
  return desiredInstances({ task, definition, host: null, health: {} }, registrar)
}

/** By port: the tags, and the meta that isn't of every instance. */
function entries({ instances }: ReturnType<typeof desired>) {
  const own = new Set(Object.keys(desired({}).instances[0]?.meta ?? {}))
  return Object.fromEntries(
    instances.map(({ port, tags, meta }) => [
      port,
      [tags, Object.fromEntries(Object.entries(meta).filter(([key]) => !own.has(key)))],
    ]),
  )
}

const rule = { 'traefik.http.routers.web.rule': 'Host(`a.test`)' }
const ruleTag = 'traefik.http.routers.web.rule=Host(`a.test`)'
const off = { 'nginx-enable': 'false' }

test('labels of Traefik become tags of the routed port, and opt in', () => {
  assert.deepEqual(entries(desired(rule)), { 3000: [['nginx', ruleTag], {}], 9100: [[], {}] })
  assert.deepEqual(entries(desired({ 'traefik.enable': 'true' })), {
    3000: [['nginx', 'traefik.enable=true'], {}],
    9100: [[], {}],
  })
})

test('the port that Traefik’s labels state is chosen, and is no tag', () => {
  const labels = { ...rule, 'traefik.http.services.web.loadBalancer.server.port': '9100' }
  assert.deepEqual(entries(desired(labels)), { 3000: [[], {}], 9100: [['nginx', ruleTag], {}] })
  assert.deepEqual(entries(desired({ ...labels, 'nginx.port': 'main' })), {
    3000: [['nginx', ruleTag], { 'nginx-port': 'main' }],
    9100: [[], {}],
  })
})

test('routers that lead to services on several ports are registered each with its own', () => {
  const labels = {
    'traefik.enable': 'true',
    'traefik.http.routers.web.rule': 'Host(`a.test`)',
    'traefik.http.routers.web.service': 'web',
    'traefik.http.services.web.loadbalancer.server.port': '3000',
    'traefik.http.routers.admin.rule': 'Host(`b.test`)',
    'traefik.http.routers.admin.service': 'admin',
    'traefik.http.services.admin.loadbalancer.server.port': '9100',
  }
  const router = (name: string, host: string) => [
    `traefik.http.routers.${name}.rule=Host(\`${host}\`)`,
    `traefik.http.routers.${name}.service=${name}`,
  ]
  assert.deepEqual(entries(desired(labels)), {
    3000: [['nginx', 'traefik.enable=true', ...router('web', 'a.test')], {}],
    9100: [['nginx', 'traefik.enable=true', ...router('admin', 'b.test')], {}],
  })
})

test('traefik.enable=false is a tag of every port and keeps out, unless a word of ours says otherwise', () => {
  const labels = { ...rule, 'traefik.enable': 'false' }
  assert.deepEqual(entries(desired(labels)), {
    3000: [['traefik.enable=false', ruleTag], {}],
    9100: [['traefik.enable=false'], {}],
  })
  const [main] = desired({ ...labels, 'nginx.host': 'a.test' }).instances
  assert.deepEqual(main?.tags, ['nginx', 'traefik.enable=false', ruleTag])
})

test('nginx.enable=false leaves Traefik its tags and says so to the other side', () => {
  assert.deepEqual(entries(desired({ ...rule, 'nginx.enable': 'false' })), {
    3000: [[ruleTag], off],
    9100: [[], {}],
  })
})

test('tags of fabio lead to one port, unless they are set for each', () => {
  const one = 'urlprefix-a.test/'
  assert.deepEqual(entries(desired({ SERVICE_TAGS: one })), {
    3000: [['nginx', one], {}],
    9100: [[one], off],
  })
  assert.deepEqual(entries(desired({ SERVICE_9100_TAGS: one })), {
    3000: [[], {}],
    9100: [['nginx', one], {}],
  })
  assert.deepEqual(entries(desired({ SERVICE_3000_TAGS: one, SERVICE_9100_TAGS: 'urlprefix-b.test/' })), {
    3000: [['nginx', one], {}],
    9100: [['nginx', 'urlprefix-b.test/'], {}],
  })
})

test('words of nginx-proxy become meta of the routed port; those of the run win', () => {
  const environment = { VIRTUAL_HOST: 'a.test', VIRTUAL_PORT: '9100', VIRTUAL_PATH: '/x', SECRET: 'x' }
  assert.deepEqual(entries(desired({}, environment, { VIRTUAL_HOST: 'b.test' })), {
    3000: [[], {}],
    9100: [['nginx'], { VIRTUAL_HOST: 'b.test', VIRTUAL_PORT: '9100', VIRTUAL_PATH: '/x' }],
  })
})

test('without VIRTUAL_HOST the other variables mean nothing', () => {
  const environment = { VIRTUAL_PORT: '9100', HTTPS_METHOD: 'redirect', CERT_NAME: 'x' }
  assert.deepEqual(entries(desired({}, environment)), { 3000: [[], {}], 9100: [[], {}] })
  assert.deepEqual(entries(desired({ 'nginx.enable': 'true' }, environment))[3000]?.[0], ['nginx'])
})

test('what can’t be a tag or meta is warned about, and nothing of that proxy is heeded', () => {
  const long = desired({ ...rule, 'traefik.http.routers.web.middlewares': 'x'.repeat(300) })
  assert.deepEqual(entries(long), { 3000: [[], {}], 9100: [[], {}] })
  const wide = desired({}, { VIRTUAL_HOST: 'a'.repeat(600) })
  assert.deepEqual(entries(wide), { 3000: [[], {}], 9100: [[], {}] })
  for (const [{ problems }, word] of [
    [long, /routers\.web\.middlewares/],
    [wide, /VIRTUAL_HOST/],
  ] as const) {
    assert.deepEqual(
      problems.map(({ refused }) => refused),
      [false],
    )
    assert.match(problems[0]?.problem ?? '', word)
  }
})

test('a port for the routes that the container doesn’t have is warned about', () => {
  const found = [
    desired({ 'nginx.host': 'a.test', 'nginx.port': '81' }),
    desired({}, { VIRTUAL_HOST: 'a.test', VIRTUAL_PORT: '81' }),
    desired({ ...rule, 'traefik.http.services.x.loadbalancer.server.port': '81' }),
  ]
  for (const { instances, problems } of found) {
    assert.deepEqual(
      instances.flatMap(({ tags }) => tags),
      [],
    )
    assert.deepEqual(
      problems.map(({ refused }) => refused),
      [false],
    )
    assert.match(problems[0]?.problem ?? '', /port.*"81".*it has 3000, 9100/i)
  }
})

test('only words of registration are kept of a container', () => {
  for (const name of [
    'traefik.enable',
    'Traefik.x',
    'VIRTUAL_HOST',
    'HTTPS_METHOD',
    'CERT_NAME',
    'nginx.host',
  ])
    assert.ok(isRegistrationWord(name), name)
  for (const name of [
    'TRAEFIK_TOKEN',
    'VIRTUAL_SECRET',
    'CERT_NAMES',
    'traefik',
    'X_VIRTUAL_HOST',
    'PASSWORD',
  ])
    assert.ok(!isRegistrationWord(name), name)
})

const words = fc.dictionary(
  fc.constantFrom(
    ...[
      'traefik.enable',
      'traefik.http.routers.web.rule',
      'traefik.http.services.s.loadbalancer.server.port',
    ],
    ...['traefik.http.routers.web.service', 'traefik.http.services.t.loadbalancer.server.port', 'nginx.port'],
    ...['traefik.tcp.routers.db.rule', 'traefik.docker.network', 'nginx.enable', 'nginx.host', 'nginx.path'],
    ...['SERVICE_TAGS', 'SERVICE_3000_TAGS', 'SERVICE_9100_TAGS', 'VIRTUAL_HOST', 'VIRTUAL_PORT'],
  ),
  fc.constantFrom(
    ...[
      'true',
      'false',
      '',
      '3000',
      '9100',
      '81',
      'a.test',
      '/x',
      'Host(`a.test`)',
      'HostRegexp(`x`)',
      's',
      't',
    ],
    ...['urlprefix-a.test/', 'nginx', 'traefik.enable=true', 'traefik.enable=false', 'nginx.enable=false'],
  ),
  { maxKeys: 6 },
)

test('an instance has the routing tag exactly where the routing side would route it', () => {
  fc.assert(
    fc.property(words, (labels) => {
      for (const { tags, meta, port } of desired(labels).instances) {
        const optsIn = (list: readonly string[]) =>
          readStatement({ tags: list, meta, datacenter: 'dc1', port }).optedIn
        assert.equal(tags.includes('nginx') && meta['nginx-enable'] !== 'false', optsIn(tags), `${port}`)
        // The tag by itself opts in: the rest of the entry must do so too, unless somebody set the tag by hand.
        if (tags.includes('nginx') && !Object.values(labels).includes('nginx'))
          assert.ok(optsIn(tags.filter((tag) => tag !== 'nginx')), `${port}`)
        if (labels['nginx.enable'] === 'false') assert.ok(!optsIn(tags), `${port}`)
      }
    }),
    property(20_000),
  )
})

test('nginx.enable=false holds against a tag that is set by hand', () => {
  assert.deepEqual(entries(desired({ SERVICE_TAGS: 'nginx', 'nginx.enable': 'false' })), {
    3000: [['nginx'], off],
    9100: [['nginx'], off],
  })
})

test('a task in the words of Traefik or nginx-proxy is routed as its entry says', () => {
  for (const [labels, environment] of [
    [rule, {}],
    [{ SERVICE_TAGS: 'urlprefix-a.test/' }, {}],
    [{}, { VIRTUAL_HOST: 'a.test' }],
  ] as const) {
    const services = desired(labels, environment).instances.map(snapshotOf)
    const { model, problems } = build(services)
    assert.deepEqual(problems, [])
    assert.deepEqual(
      model.httpServers.flatMap(({ host, locations }) => locations.map(({ owner }) => `${host} ${owner}`)),
      ['a.test cart-3000@dc1'],
    )
  }
})

function snapshotOf({ service, address, port, tags, meta, id }: Instance) {
  const instance = {
    datacenter: 'dc1',
    node: 'n',
    id,
    service,
    address,
    port,
    tags,
    meta,
    weight: 1,
    checks: [],
  }
  return { name: service, datacenter: 'dc1', instances: [instance] }
}
