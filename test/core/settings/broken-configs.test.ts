import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from '../../../core/settings/config.ts'
import { brokenConfigs } from '../../support/broken-configs.ts'
import { fullConfig, withValue } from '../../support/full-config.ts'

const broken = brokenConfigs()

test('a config with every section is read without a problem', () => {
  assert.deepEqual(checkConfig(fullConfig()).problems, null)
})

test('the table of mistakes is read whole, and none of them stands twice', () => {
  assert.ok(broken.length >= 120, `${broken.length} rows`)
  assert.equal(new Set(broken.map(({ name }) => name)).size, broken.length)
})

for (const { name, config, problem } of broken)
  test(`refused with its path, what is expected and what it got: ${name}`, () => {
    assert.deepEqual(checkConfig(config).problems, [problem])
    assert.match(problem, /^[a-zA-Z.[\]\d]+: (expected .+, got .+|unknown setting; .+ \(got .+\))$/)
  })

test('mistakes in different sections are told all at once', () => {
  const config = [
    'consul.secret',
    'network.vpcId',
    'publish.method',
    'fleet.min',
    'logs.retentionDays',
  ].reduce((own, at) => withValue(own, at, false), fullConfig())
  assert.deepEqual(
    checkConfig(config).problems?.map((problem) => problem.split(':')[0]),
    ['consul.secret', 'network.vpcId', 'publish.method', 'logs.retentionDays', 'fleet.min'],
  )
})

test('no problem repeats a secret that was pasted where a name belongs', () => {
  const secrets = [
    '7a1f6e2c-1111-2222-3333-444455556666',
    'hvs.CAESIJlWh0123456789abcdefghij',
    'AKIAIOSFODNN7EXAMPLE',
    'https://user:hunter2@consul.internal:8501',
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----',
  ]
  const places = [
    'consul.secret',
    'consul.datacenter',
    'consul.prefix',
    'consul.secretKeyArn',
    'consul.token',
    'deployment',
  ]
  for (const at of [...places, 'clusters[0].servicePrefix', 'clusters[1].consul.token', 'publish.channel'])
    for (const secret of secrets) {
      const { problems } = checkConfig(withValue(fullConfig(), at, secret))
      assert.ok(problems !== null && problems.length > 0, `${at} took ${secret}`)
      for (const problem of problems) assert.equal(problem.includes(secret.slice(4, 18)), false, problem)
    }
})
