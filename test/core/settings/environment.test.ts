import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QuaysideError } from '../../../core/errors.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { functionEnvironment, parseFunctionSettings } from '../../../core/settings/environment.ts'
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
    },
  ],
  consulSecret: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:consul-AbCdEf',
  queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/register',
  bucket: 'releases-0123',
  signingKey: 'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab',
  publish: defaultPublishSettings,
  reconcileCallsPerSecond: 4,
}

function failure(env: Record<string, string | undefined>): string {
  try {
    parseFunctionSettings(env)
  } catch (error) {
    assert.ok(error instanceof QuaysideError)
    assert.equal(error.code, 'SETTINGS_INVALID')
    return error.message
  }
  throw new assert.AssertionError({ message: 'the environment was accepted' })
}

test('settings come back from the environment as they were', () => {
  assert.deepEqual(parseFunctionSettings(functionEnvironment(settings)), settings)
})

test('any operator settings come back from the environment as they were', () => {
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
      routes: fc.array(
        fc.record({
          host: fc.constantFrom('a.example.com', '*.example.com'),
          path: fc.constantFrom('/', '/api/'),
          service: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
          port: fc.option(fc.integer({ min: 1, max: 65_535 })),
        }),
        { maxLength: 3 },
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
      const clusters = [
        { arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/web', servicePrefix, addressFamily, consul },
      ]
      // Generated records have no prototype, which deepEqual minds.
      const own = structuredClone({
        ...settings,
        ...rest,
        clusters,
        publish: { ...defaultPublishSettings, ...publish },
      })
      assert.deepEqual(parseFunctionSettings(functionEnvironment(own as FunctionSettings)), own)
    }),
    property(2_000),
  )
})

test('default publish settings take no room in the environment', () => {
  assert.equal(functionEnvironment(settings).QUAYSIDE_PUBLISH, '{}')
})

const optional = new Set(['QUAYSIDE_PUBLISH', 'QUAYSIDE_RECONCILE_CALLS_PER_SECOND'])

test('every missing variable is named in one error', () => {
  const message = failure({})
  const names = Object.keys(functionEnvironment(settings)).filter((name) => !optional.has(name))
  for (const name of names) assert.match(message, new RegExp(`${name}: expected .+, got nothing`))
})

test('every wrong variable is named with what is expected and what it got', () => {
  const message = failure({
    ...functionEnvironment(settings),
    QUAYSIDE_BUCKET: 'My_Bucket',
    QUAYSIDE_CLUSTERS: '[{"arn":"web"}]',
    QUAYSIDE_PUBLISH: '{"keepalive":-1,"keepalives":3}',
  })
  assert.match(message, /QUAYSIDE_BUCKET: expected an S3 bucket name, got "My_Bucket"/)
  assert.match(message, /QUAYSIDE_CLUSTERS\[0\]\.arn: expected an ECS cluster ARN .+, got "web"/)
  assert.match(message, /QUAYSIDE_PUBLISH\.keepalive: expected a whole number from 0 to 10000, got -1/)
  assert.match(message, /QUAYSIDE_PUBLISH\.keepalives: unknown setting; did you mean keepalive\?/)
})

test('a secret put in the wrong place is not shown', () => {
  const secret = 'hunter2 is the password'
  const message = failure({
    ...functionEnvironment(settings),
    QUAYSIDE_CONSUL_SECRET: secret,
    QUAYSIDE_SIGNING_KEY: secret,
    QUAYSIDE_QUEUE_URL: `https://user:${secret}@queue/`,
    QUAYSIDE_CLUSTERS: secret,
    QUAYSIDE_PUBLISH: JSON.stringify(secret),
  })
  assert.doesNotMatch(message, /hunter2/)
  assert.equal(message.split('\n').length, 6)
})
