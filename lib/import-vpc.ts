import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Annotations } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

export type KnownSubnet = {
  readonly id: string
  readonly availabilityZone: string
  readonly routeTableId: string | null
}

/** A VPC by its ids, so that synthesis needs no account. Its private subnets are the ones given. */
export function importVpc(
  scope: Construct,
  id: string,
  vpcId: string,
  subnets: readonly KnownSubnet[],
): ec2.IVpc {
  const tables = subnets.flatMap(({ routeTableId }) => (routeTableId === null ? [] : [routeTableId]))
  // Nothing reads the route tables unless a gateway endpoint is created, and then they are given.
  Annotations.of(scope).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId')
  return ec2.Vpc.fromVpcAttributes(scope, id, {
    vpcId,
    availabilityZones: subnets.map(({ availabilityZone }) => availabilityZone),
    privateSubnetIds: subnets.map((subnet) => subnet.id),
    ...(tables.length === subnets.length && { privateSubnetRouteTableIds: tables }),
  })
}
