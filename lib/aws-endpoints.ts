import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** An AWS API that functions call from a VPC. Logs and queue polling don't pass through the functions' subnets. */
export type AwsApi = 'ecs' | 'ec2' | 'sqs' | 'kms' | 'secretsmanager' | 'ssm' | 'sts' | 's3'

const interfaces = {
  ecs: ec2.InterfaceVpcEndpointAwsService.ECS,
  ec2: ec2.InterfaceVpcEndpointAwsService.EC2,
  sqs: ec2.InterfaceVpcEndpointAwsService.SQS,
  kms: ec2.InterfaceVpcEndpointAwsService.KMS,
  secretsmanager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  ssm: ec2.InterfaceVpcEndpointAwsService.SSM,
  sts: ec2.InterfaceVpcEndpointAwsService.STS,
} as const satisfies Record<Exclude<AwsApi, 's3'>, ec2.InterfaceVpcEndpointAwsService>

/**
 * Exactly the APIs that the functions need: Systems Manager only tells of `mi-` hosts (ECS Anywhere), and roles are only assumed for
 * clusters of other accounts.
 */
export function neededApis(needs: {
  readonly anywhere: boolean
  readonly roles: boolean
}): readonly AwsApi[] {
  return [
    ...(['ecs', 'ec2', 'sqs', 'kms', 'secretsmanager', 's3'] as const),
    ...(needs.anywhere ? (['ssm'] as const) : []),
    ...(needs.roles ? (['sts'] as const) : []),
  ]
}

export type AwsEndpointsProps = {
  readonly vpc: ec2.IVpc
  /** At most one of an availability zone; their route tables must be known where S3 is among the APIs. */
  readonly subnets: ec2.SubnetSelection
  readonly apis: readonly AwsApi[]
}

/**
 * Ways out to AWS for subnets that have no other: a gateway for S3, which costs nothing, and an interface for each other API. An interface
 * has the API's own name in the whole VPC, so it lets in everybody there: whoever else calls these APIs is led to it from then on, ECS's
 * agents on instances for one.
 */
export class AwsEndpoints extends Construct {
  readonly securityGroup: ec2.SecurityGroup
  readonly endpoints: readonly ec2.VpcEndpoint[]

  constructor(scope: Construct, id: string, props: AwsEndpointsProps) {
    super(scope, id)
    this.securityGroup = this.newGroup(props.vpc)
    this.endpoints = [...new Set(props.apis)].map((api) => this.add(api, props))
  }

  private newGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    const description = 'Quayside interface endpoints: HTTPS from the VPC'
    const group = new ec2.SecurityGroup(this, 'Group', { vpc, description, allowAllOutbound: false })
    for (const peer of [ec2.Peer.anyIpv4(), ec2.Peer.anyIpv6()])
      group.addIngressRule(peer, ec2.Port.tcp(443), 'HTTPS from the VPC')
    acknowledge(group, {
      'AwsSolutions-EC23': 'An endpoint has private addresses only, and AWS asks each caller who it is.',
    })
    return group
  }

  private add(api: AwsApi, { vpc, subnets }: AwsEndpointsProps): ec2.VpcEndpoint {
    if (api === 's3') {
      const service = ec2.GatewayVpcEndpointAwsService.S3
      return new ec2.GatewayVpcEndpoint(this, api, { vpc, subnets: [subnets], service })
    }
    const securityGroups = [this.securityGroup]
    const service = interfaces[api]
    return new ec2.InterfaceVpcEndpoint(this, api, { vpc, subnets, service, securityGroups, open: false })
  }
}
