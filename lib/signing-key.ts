import * as kms from 'aws-cdk-lib/aws-kms'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

/** The Ed25519 key that signs pointers; its private half never leaves KMS, and hosts verify offline with the public one. */
export class SigningKey extends Construct {
  readonly key: kms.Key

  constructor(scope: Construct, id: string, deployment: string) {
    super(scope, id)
    this.key = new kms.Key(this, 'Key', {
      alias: `quayside-${deployment}-signing`,
      description: `Signs the channel pointers of Quayside deployment ${deployment}`,
      keySpec: kms.KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      // A lost key means that every host must be given another one by hand.
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }
}
