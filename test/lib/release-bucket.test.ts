import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { Stack } from 'aws-cdk-lib/core'
import { ReleaseBucket } from '../../lib/release-bucket.ts'
import { testApp } from '../support/stack.ts'

const stack = new Stack(testApp(), 'Test')
new ReleaseBucket(stack, 'Releases')
const template = Template.fromStack(stack)

test('the bucket is private, versioned, encrypted and outlives the stack', () => {
  template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
  template.hasResourceProperties('AWS::S3::Bucket', {
    VersioningConfiguration: { Status: 'Enabled' },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  })
})

test('no current object is ever deleted by age', () => {
  const [bucket] = Object.values(template.findResources('AWS::S3::Bucket'))
  const rules: object[] = bucket?.Properties.LifecycleConfiguration.Rules
  for (const rule of rules)
    assert.deepEqual(
      Object.keys(rule).filter((key) => key.startsWith('Expiration') || key.startsWith('Transition')),
      [],
    )
})

test('a channel cannot be written without a condition, whoever writes', () => {
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:PutObject',
          Resource: { 'Fn::Join': ['', [Match.anyValue(), '/channels/*']] },
          Condition: {
            Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' },
            Bool: { 's3:ObjectCreationOperation': 'true' },
          },
        }),
      ]),
    },
  })
})

test('plain HTTP and old TLS are refused', () => {
  for (const Condition of [
    { Bool: { 'aws:SecureTransport': 'false' } },
    { NumericLessThan: { 's3:TlsVersion': 1.2 } },
  ])
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition })]) },
    })
})
