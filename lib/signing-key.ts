import * as kms from 'aws-cdk-lib/aws-kms'
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { parameterNames } from './parameter-names.ts'
import { PublicKey } from './public-key.ts'

export type SigningKeyProps = {
  readonly deployment: string
  /**
   * How long KMS waits before it deletes the key for good, once somebody schedules that. The stack never does.
   *
   * @default Duration.days(30)
   */
  readonly pendingWindow?: Duration
}

/** The Ed25519 key that signs pointers; its private half never leaves KMS, and hosts verify offline with the public one. */
export class SigningKey extends Construct {
  readonly key: kms.Key
  readonly publicKey: PublicKey

  constructor(
    scope: Construct,
    id: string,
    { deployment, pendingWindow = Duration.days(30) }: SigningKeyProps,
  ) {
    super(scope, id)
    this.key = new kms.Key(this, 'Key', {
      alias: `quayside-${deployment}-signing`,
      description: `Signs the channel pointers of Quayside deployment ${deployment}`,
      keySpec: kms.KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      pendingWindow,
      // A lost key means that every host must be given another one by hand.
      removalPolicy: RemovalPolicy.RETAIN,
    })
    this.publicKey = new PublicKey(this, 'PublicKey', {
      key: this.key,
      parameterName: parameterNames(deployment).publicKey,
    })
  }
}
