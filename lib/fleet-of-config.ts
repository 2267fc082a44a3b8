import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import * as route53 from 'aws-cdk-lib/aws-route53'
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets'
import type { FleetConfig, FleetLoadBalancer, QuaysideConfig, SubnetConfig } from '../core/settings/config.ts'
import { NginxFleet } from './nginx-fleet.ts'
import type { PipelineStack } from './pipeline-stack.ts'

/** The fleet that the config file asks for, following the releases of this stack. */
export function addFleet(stack: PipelineStack, config: QuaysideConfig, own: FleetConfig): NginxFleet {
  const { loadBalancer, subnets } = own
  const placed = subnets ?? config.network.subnets
  const fleet = new NginxFleet(stack, 'Fleet', {
    deployment: config.deployment,
    vpc: stack.network.vpc,
    bucket: stack.releases.bucket,
    hostAccess: stack.hostAccess.policy,
    agent: stack.agent,
    publicKeyParameterName: stack.signing.publicKey.parameter.parameterName,
    subnets: selection(stack, 'FleetSubnet', placed),
    loadBalancerSubnets: selection(stack, 'FrontSubnet', loadBalancer.subnets ?? placed),
    internetFacing: loadBalancer.scheme === 'internet-facing',
    listeners: loadBalancer.listeners,
    clientNetworks: loadBalancer.allowedCidrs,
    backendNetworks: config.publish.networks,
    instanceType: new ec2.InstanceType(own.instanceType),
    minCapacity: own.min,
    maxCapacity: own.max,
    ...(own.desired > own.min && { desiredCapacity: own.desired }),
    channel: own.channel ?? config.publish.channel,
    pollMs: own.pollMs,
    healthPort: own.healthPort,
    sessionManager: own.sessionManager,
    commands: own.commands,
  })
  own.policyArns.forEach((arn, index) => {
    fleet.role.addManagedPolicy(ManagedPolicy.fromManagedPolicyArn(stack, `FleetPolicy${index}`, arn))
  })
  if (loadBalancer.domain !== null) addName(stack, fleet, loadBalancer.domain)
  return fleet
}

function addName(
  stack: PipelineStack,
  { loadBalancer }: NginxFleet,
  { name, hostedZoneId }: NonNullable<FleetLoadBalancer['domain']>,
): void {
  const zone = route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId, zoneName: name })
  new route53.ARecord(stack, 'FleetName', {
    zone,
    recordName: `${name}.`,
    target: route53.RecordTarget.fromAlias(new LoadBalancerTarget(loadBalancer)),
  })
}

function selection(stack: PipelineStack, id: string, subnets: readonly SubnetConfig[]): ec2.SubnetSelection {
  const imported = subnets.map(({ id: subnetId, availabilityZone }) =>
    ec2.Subnet.fromSubnetAttributes(stack, `${id}${subnetId.slice(7)}`, { subnetId, availabilityZone }),
  )
  return { subnets: imported }
}
