import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IStringParameter } from 'aws-cdk-lib/aws-ssm'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledgeWildcards } from './acknowledge.ts'
import { followReleases, type Objects, releaseWildcardReasons } from './release-permissions.ts'

export type HostAccessProps = {
  readonly bucket: Objects
  /**
   * What hosts may read in Parameter Store when they are set up.
   *
   * @default - nothing
   */
  readonly parameters?: readonly Pick<IStringParameter, 'parameterArn'>[]
  /**
   * ARNs of single objects that they may also read, such as the agent's bundle.
   *
   * @default - none
   */
  readonly objectArns?: readonly string[]
}

/**
 * What an nginx host may do; attach the policy to the hosts' role. It outlives the stack: hosts go on with their last configuration
 * then, and a policy that is attached could not be deleted anyway.
 */
export class HostAccess extends Construct {
  readonly policy: ManagedPolicy

  constructor(scope: Construct, id: string, { bucket, parameters = [], objectArns = [] }: HostAccessProps) {
    super(scope, id)
    const statements = [...followReleases(bucket), ...setUp(parameters, objectArns)]
    this.policy = new ManagedPolicy(this, 'Policy', {
      description: 'Lets an nginx host pull Quayside releases and report back',
      statements,
    })
    this.policy.applyRemovalPolicy(RemovalPolicy.RETAIN)
    acknowledgeWildcards(this.policy, statements, releaseWildcardReasons)
  }
}

function setUp(
  parameters: NonNullable<HostAccessProps['parameters']>,
  objectArns: readonly string[],
): PolicyStatement[] {
  const read = new PolicyStatement({
    sid: 'ReadHostParameters',
    actions: ['ssm:GetParameter'],
    resources: parameters.map(({ parameterArn }) => parameterArn),
  })
  const fetch = new PolicyStatement({
    sid: 'FetchAgent',
    actions: ['s3:GetObject'],
    resources: [...objectArns],
  })
  return [...(parameters.length > 0 ? [read] : []), ...(objectArns.length > 0 ? [fetch] : [])]
}
