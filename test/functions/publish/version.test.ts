import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLog } from '../../../adapters/log.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import {
  functionEnvironment,
  parseFunctionSettings,
  settingsText,
} from '../../../core/settings/environment.ts'
import type { FunctionSettings } from '../../../core/settings/settings.ts'
import { createPublishDeps } from '../../../functions/publish/deps.ts'

const settings: FunctionSettings = {
  ...{
    deployment: 'test',
    prefix: 'quayside',
    datacenter: 'dc1',
    consulSecret: 'consul',
    bucket: 'releases',
  },
  ...{ queueUrl: 'https://sqs.test/q', signingKey: 'alias/k', reconcileCallsPerSecond: 4 },
  clusters: [
    {
      ...{ arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/web', servicePrefix: '', consul: null },
      addressFamily: 'ipv4',
    },
  ],
  publish: defaultPublishSettings,
}

/** The version of a publisher that was told these settings as the stack tells them. */
function versionOf(t: TestContext, own: Partial<FunctionSettings>) {
  const told = { ...settings, ...own }
  const deps = createPublishDeps({
    settings: parseFunctionSettings(functionEnvironment(told), settingsText(told)),
    access: async () => ({ addresses: ['http://127.0.0.1:1'] }),
    ...{ templates: {}, code: 'same', log: createLog(() => {}), clock: Date.now },
    aws: { s3: { region: 'eu-west-1' }, kms: { region: 'eu-west-1' } },
  })
  t.after(() => deps.close())
  return deps.version
}

test('a change of what lies beside the bundle makes another version, to which an older publisher yields', (t) => {
  const route = { host: 'a.example.com', path: '/', service: 'a', port: null }
  const changes: readonly Partial<FunctionSettings>[] = [
    { publish: { ...defaultPublishSettings, routes: [route] } },
    {
      publish: {
        ...defaultPublishSettings,
        owners: [{ host: 'a.example.com', clusters: ['web'], services: [] }],
      },
    },
    { consulServers: { addresses: ['https://consul:8501'], serverName: null } },
    { datacenter: 'dc2' },
    { bucket: 'others' },
  ]
  const versions = [{}, ...changes].map((own) => versionOf(t, own).config)
  assert.equal(new Set(versions).size, versions.length)
  assert.equal(versionOf(t, {}).config, versions[0], 'the same settings are the same version')
})
