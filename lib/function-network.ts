import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Annotations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { NetworkConfig } from '../core/settings/config.ts'

/** Exactly the AWS APIs that the functions call; logs and queue polling don't pass through the functions' subnets. */
const services = {
  Ecs: ec2.InterfaceVpcEndpointAwsService.ECS,
  Ec2: ec2.InterfaceVpcEndpointAwsService.EC2,
  Sqs: ec2.InterfaceVpcEndpointAwsService.SQS,
  Kms: ec2.InterfaceVpcEndpointAwsService.KMS,
  SecretsManager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
}

/** The operator's VPC, the functions' place in it and, if asked for, their ways out to AWS. */
export class FunctionNetwork extends Construct {
  readonly vpc: ec2.IVpc
  readonly subnets: ec2.SubnetSelection
  readonly securityGroups: ec2.ISecurityGroup[]

  constructor(scope: Construct, id: string, config: NetworkConfig) {
    super(scope, id)
    this.vpc = this.importVpc(config)
    this.subnets = { subnets: this.vpc.privateSubnets }
    this.securityGroups = this.functionGroups(config.securityGroupIds)
    if (config.egress === 'endpoints') this.addEndpoints()
  }

  private importVpc(config: NetworkConfig): ec2.IVpc {
    const { vpcId, subnets } = config
    const routeTableIds = subnets.flatMap(({ routeTableId }) => (routeTableId === null ? [] : [routeTableId]))
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      availabilityZones: subnets.map(({ availabilityZone }) => availabilityZone),
      privateSubnetIds: subnets.map(({ id }) => id),
      ...(routeTableIds.length === subnets.length && { privateSubnetRouteTableIds: routeTableIds }),
    })
    // Nothing here reads the route tables unless endpoints are created, and then the config must name them.
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId')
    return vpc
  }

  private functionGroups(ids: readonly string[]): ec2.ISecurityGroup[] {
    if (ids.length > 0)
      return ids.map((id, index) =>
        ec2.SecurityGroup.fromSecurityGroupId(this, `Group${index}`, id, { mutable: false }),
      )
    const description = 'Quayside functions: outbound to Consul and AWS, nothing inbound'
    return [new ec2.SecurityGroup(this, 'Group', { vpc: this.vpc, description, allowAllOutbound: true })]
  }

  private addEndpoints(): void {
    const { vpc, subnets } = this
    const group = new ec2.SecurityGroup(this, 'EndpointGroup', {
      vpc,
      description: 'Quayside interface endpoints: HTTPS from the functions',
      allowAllOutbound: false,
    })
    for (const functionGroup of this.securityGroups)
      group.addIngressRule(functionGroup, ec2.Port.tcp(443), 'HTTPS from the functions')
    for (const [name, service] of Object.entries(services))
      new ec2.InterfaceVpcEndpoint(this, name, {
        vpc,
        subnets,
        service,
        securityGroups: [group],
        open: false,
      })
    new ec2.GatewayVpcEndpoint(this, 'S3', {
      vpc,
      subnets: [subnets],
      service: ec2.GatewayVpcEndpointAwsService.S3,
    })
  }
}
