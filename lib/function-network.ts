import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import { type AwsApi, AwsEndpoints } from './aws-endpoints.ts'

/** Where Consul is, as far as the template needs to know it. */
export type ConsulPlace = {
  /**
   * The ports that the functions connect to.
   *
   * @default - not known; the functions may connect to anything
   */
  readonly ports?: readonly number[]
  /**
   * Consul's own security group: it is opened for the functions on the ports.
   *
   * @default - Consul lets them in already
   */
  readonly securityGroup?: ec2.ISecurityGroup
}

export type FunctionNetworkProps = {
  readonly vpc: ec2.IVpc
  /** @default - the private subnets */
  readonly subnets?: ec2.SubnetSelection
  /**
   * Groups of the functions, whose rules stay as they are.
   *
   * @default - one of their own, that lets out to AWS and Consul and nothing in
   */
  readonly securityGroups?: readonly ec2.ISecurityGroup[]
  /** @default - nothing is known of it */
  readonly consul?: ConsulPlace
  /**
   * The AWS APIs for which endpoints are created.
   *
   * @default - none; the subnets have a way out to AWS
   */
  readonly endpoints?: readonly AwsApi[]
}

/** The functions' place in a VPC, their way to Consul and, if asked for, their ways out to AWS. */
export class FunctionNetwork extends Construct {
  readonly vpc: ec2.IVpc
  readonly subnets: ec2.SubnetSelection
  readonly securityGroups: readonly ec2.ISecurityGroup[]
  readonly endpoints: AwsEndpoints | null

  constructor(scope: Construct, id: string, props: FunctionNetworkProps) {
    super(scope, id)
    const {
      vpc,
      subnets = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      consul = {},
      endpoints,
    } = props
    this.vpc = vpc
    this.subnets = subnets
    this.securityGroups = props.securityGroups ?? [this.newGroup(consul)]
    this.openConsul(consul)
    this.endpoints =
      endpoints === undefined ? null : new AwsEndpoints(this, 'Endpoints', { vpc, subnets, apis: endpoints })
  }

  private newGroup({ ports = [], securityGroup }: ConsulPlace): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'Group', {
      vpc: this.vpc,
      description: 'Quayside functions: outbound to Consul and AWS, nothing inbound',
      allowAllOutbound: ports.length === 0,
    })
    if (ports.length === 0) return group
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS APIs')
    const consul = securityGroup ?? ec2.Peer.anyIpv4()
    for (const port of ports.filter((one) => one !== 443 || securityGroup !== undefined))
      group.addEgressRule(consul, ec2.Port.tcp(port), 'Consul')
    return group
  }

  private openConsul({ ports = [], securityGroup }: ConsulPlace): void {
    for (const group of securityGroup === undefined ? [] : this.securityGroups)
      for (const port of ports)
        securityGroup?.addIngressRule(group, ec2.Port.tcp(port), 'Consul for the Quayside functions')
  }
}
