import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QuaysideError } from '../../../core/errors.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import {
  functionEnvironment,
  parseFunctionSettings,
  settingsText,
} from '../../../core/settings/environment.ts'
import type { FunctionSettings } from '../../../core/settings/settings.ts'
import { property } from '../../support/scale.ts'

const settings: FunctionSettings = {
  deployment: 'production',
  prefix: 'quayside',
  datacenter: 'dc1',
  clusters: [
    {
      arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/web',
      servicePrefix: '',
      addressFamily: 'ipv4' as const,
      consul: null,
      events: 'here',
      role: null,
    },
  ],
  consulServers: { addresses: ['https://consul.internal:8501'], serverName: 'server.dc1.consul' },
  consulSecret: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:consul-AbCdEf',
  queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/register',
  bucket: 'releases-0123',
  signingKey: 'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab',
  publish: defaultPublishSettings,
  reconcileCallsPerSecond: 4,
}

/** The settings as a function gets them. */
function told(own: FunctionSettings): FunctionSettings {
  return parseFunctionSettings(functionEnvironment(own), settingsText(own))
}

function failure(env: Record<string, string | undefined>, file: string): string {
  try {
    parseFunctionSettings(env, file)
  } catch (error) {
    assert.ok(error instanceof QuaysideError)
    assert.equal(error.code, 'SETTINGS_INVALID')
    return error.message
  }
  throw new assert.AssertionError({ message: 'the settings were accepted' })
}

test('settings come back from file and environment as they were', () => {
  assert.deepEqual(told(settings), settings)
})

test('any operator settings come back as they were', () => {
  const anySettings = fc.record({
    deployment: fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
    prefix: fc.stringMatching(/^[a-z0-9]{1,20}(\/[a-z0-9]{1,20})?$/),
    servicePrefix: fc.stringMatching(/^[a-z0-9-]{0,20}$/),
    addressFamily: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    consul: fc.option(
      fc.record({
        datacenter: fc.option(fc.constantFrom('dc1', 'dc-2')),
        namespace: fc.option(fc.constantFrom('team-a')),
        partition: fc.option(fc.constantFrom('part')),
        token: fc.option(fc.constantFrom('shop', 'web_2')),
      }),
    ),
    publish: fc.record({
      channel: fc.constantFrom('current', 'canary'),
      canary: fc.option(
        fc.record({
          channel: fc.constant('tried'),
          soakMs: fc.option(fc.integer({ min: 1_000, max: 86_400_000 })),
          addsOnly: fc.boolean(),
        }),
      ),
      datacenters: fc.uniqueArray(fc.constantFrom('dc2', 'eu_1')),
      listeners: fc.uniqueArray(
        fc.record({
          port: fc.integer({ min: 1, max: 65_535 }),
          protocol: fc.constantFrom('http', 'https', 'tcp', 'tls', 'udp'),
        }),
        { minLength: 1, maxLength: 4, selector: ({ port }) => port },
      ),
      routes: fc.uniqueArray(
        fc.record({
          host: fc.constantFrom('a.example.com', '*.example.com'),
          path: fc.constantFrom('/', '/api/'),
          service: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
          port: fc.constant(null),
        }),
        { maxLength: 3, selector: ({ host, path }) => host + path },
      ),
      guard: fc.record({
        holdForMs: fc.nat(3_600_000),
        maxShrink: fc.double({ min: 0, max: 1, noNaN: true }).map((share) => share + 0),
        minInstances: fc.nat(1_000),
      }),
    }),
  })
  fc.assert(
    fc.property(anySettings, ({ servicePrefix, addressFamily, consul, publish, ...rest }) => {
      const arn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/web'
      const clusters = [{ arn, servicePrefix, addressFamily, consul, events: 'here' as const, role: null }]
      // Generated records have no prototype, which deepEqual minds.
      const own = structuredClone({
        ...settings,
        ...rest,
        clusters,
        publish: { ...defaultPublishSettings, ...publish },
      })
      assert.deepEqual(told(own as FunctionSettings), own)
    }),
    property(2_000),
  )
})

test('only what CloudFormation alone knows is in the environment', () => {
  assert.deepEqual(functionEnvironment(settings), {
    QUAYSIDE_BUCKET: settings.bucket,
    QUAYSIDE_QUEUE_URL: settings.queueUrl,
    QUAYSIDE_SIGNING_KEY: settings.signingKey,
  })
})

test('thousands of routes, owners and certificates come back as they were', () => {
  const of = <T>(make: (index: number) => T): T[] => Array.from({ length: 5_000 }, (_, index) => make(index))
  const publish = {
    ...defaultPublishSettings,
    routes: of((index) => ({ host: `h${index}.example.com`, path: '/', service: `s${index}`, port: null })),
    owners: of((index) => ({ host: `h${index}.example.com`, clusters: ['web'], services: [`s${index}`] })),
    certificates: of((index) => ({
      ...{
        name: `c${index}`,
        hosts: [`h${index}.example.com`],
        cert: `/tls/${index}.pem`,
        key: `/tls/${index}.key`,
      },
    })),
  }
  assert.deepEqual(told({ ...settings, publish }).publish, publish)
  assert.ok(JSON.stringify(functionEnvironment(settings)).length < 4_096, 'Lambda allows 4 KB')
})

test('every missing variable and member is named in one error', () => {
  const message = failure({}, '{}')
  for (const name of Object.keys(functionEnvironment(settings)))
    assert.match(message, new RegExp(`${name}: expected .+, got nothing`))
  for (const member of ['deployment', 'prefix', 'datacenter', 'clusters', 'consulSecret'])
    assert.match(message, new RegExp(`settings\\.json\\.${member}: expected .+, got nothing`))
})

test('every wrong variable and member is named with what is expected and what it got', () => {
  const file = JSON.stringify({
    ...JSON.parse(settingsText(settings)),
    ...{ clusters: [{ arn: 'web' }], publish: { keepalive: -1, keepalives: 3 } },
  })
  const message = failure({ ...functionEnvironment(settings), QUAYSIDE_BUCKET: 'My_Bucket' }, file)
  assert.match(message, /QUAYSIDE_BUCKET: expected an S3 bucket name, got "My_Bucket"/)
  assert.match(message, /settings\.json\.clusters\[0\]\.arn: expected an ECS cluster ARN .+, got "web"/)
  assert.match(message, /settings\.json\.publish\.keepalive: expected a whole number from 0 to 10000, got -1/)
  assert.match(message, /settings\.json\.publish\.keepalives: unknown setting; did you mean keepalive\?/)
})

test('a secret put in the wrong place is not shown', () => {
  const secret = 'hunter2 is the password'
  const env = {
    QUAYSIDE_BUCKET: 'b-b',
    QUAYSIDE_SIGNING_KEY: secret,
    QUAYSIDE_QUEUE_URL: `https://user:${secret}@queue/`,
  }
  const message = failure(
    env,
    JSON.stringify({ ...JSON.parse(settingsText(settings)), consulSecret: secret }),
  )
  assert.doesNotMatch(message, /hunter2/)
  assert.equal(message.split('\n').length, 4)
  assert.doesNotMatch(failure(env, secret), /hunter2/)
})
