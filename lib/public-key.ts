import type { IKey } from 'aws-cdk-lib/aws-kms'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import { CustomResource, Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { readPublicKey } from './permissions.ts'
import { PipelineFunction } from './pipeline-function.ts'

export type PublicKeyProps = {
  /** An Ed25519 key of KMS. */
  readonly key: IKey
  /** The name of the parameter that holds it. */
  readonly parameterName: string
}

/**
 * The public half of a signing key, as PEM, where hosts and people find it. CloudFormation doesn't tell it, so a function asks KMS while
 * the stack is deployed; it runs in no VPC, because the answer goes to an address of CloudFormation's own.
 */
export class PublicKey extends Construct {
  readonly function: PipelineFunction
  /** Known when the stack is deployed. */
  readonly pem: string
  readonly parameter: StringParameter

  constructor(scope: Construct, id: string, { key, parameterName }: PublicKeyProps) {
    super(scope, id)
    this.function = this.newFunction(key)
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::QuaysidePublicKey',
      serviceToken: this.function.fn.functionArn,
      serviceTimeout: Duration.minutes(5),
      properties: { KeyId: key.keyArn },
    })
    this.pem = resource.getAttString('Pem')
    this.parameter = new StringParameter(this, 'Parameter', {
      parameterName,
      description: 'The public key with which nginx hosts verify Quayside releases',
      stringValue: this.pem,
    })
  }

  private newFunction(key: IKey): PipelineFunction {
    const own = new PipelineFunction(this, 'Reader', {
      name: 'public-key',
      description: 'Tells CloudFormation the public half of the signing key',
      statements: [readPublicKey(key)],
      timeout: Duration.minutes(2),
      memorySize: 256,
    })
    const reason = 'CloudFormation waits for its answer and fails the deployment without one.'
    acknowledge(own.fn, { 'Serverless-LambdaDLQ': reason })
    return own
  }
}
