import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetTemplate } from '../support/stack.ts'

const template = fleetTemplate()
const one = (type: string) => {
  const [found, ...others] = Object.values(template.findResources(type))
  assert.deepEqual(others, [])
  return found?.Properties ?? assert.fail(`no ${type}`)
}

test('the public key is asked for again where the key is another one', () => {
  const { KeyId, ServiceToken, ServiceTimeout } = one('Custom::QuaysidePublicKey')
  assert.match(JSON.stringify(KeyId), /SigningKey/)
  assert.match(JSON.stringify(ServiceToken), /SigningPublicKeyReaderFunction/)
  // Without it CloudFormation would wait an hour for a function that is gone.
  assert.equal(ServiceTimeout, '300')
})

test('its function is in no VPC, where CloudFormation’s address might be out of reach', () => {
  const functions = Object.entries(template.findResources('AWS::Lambda::Function'))
  const reader = functions.find(([id]) => id.startsWith('SigningPublicKeyReader'))?.[1].Properties
  assert.equal(reader.VpcConfig, undefined)
  assert.deepEqual(Object.keys(reader.Environment.Variables), ['NODE_OPTIONS'])
})

test('the public key stands in Parameter Store and among the outputs', () => {
  const [resource] = Object.keys(template.findResources('Custom::QuaysidePublicKey'))
  const pem = { 'Fn::GetAtt': [resource, 'Pem'] }
  template.hasResourceProperties('AWS::SSM::Parameter', {
    Name: '/quayside/production/public-key',
    Type: 'String',
    Value: pem,
  })
  assert.deepEqual(template.toJSON().Outputs.PublicKey.Value, pem)
})

test('the signing key outlives the stack, and KMS waits 30 days where somebody deletes it', () => {
  template.hasResource('AWS::KMS::Key', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { PendingWindowInDays: 30 },
  })
})
