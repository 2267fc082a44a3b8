import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { FleetListener } from './fleet-load-balancer.ts'

export type FleetGroupsProps = {
  readonly vpc: ec2.IVpc
  readonly listeners: readonly FleetListener[]
  readonly healthPort: number
  readonly clientNetworks: readonly string[]
  readonly backendNetworks: readonly string[]
  readonly backendSecurityGroups: readonly ec2.ISecurityGroup[]
}

export type FleetGroups = {
  readonly loadBalancer: ec2.SecurityGroup
  readonly hosts: ec2.SecurityGroup
}

/** Clients reach the load balancer's ports, it reaches those of nginx, and nginx reaches the tasks and AWS. Nothing else passes. */
export function fleetGroups(scope: Construct, props: FleetGroupsProps): FleetGroups {
  const { vpc, listeners, healthPort } = props
  const own = (id: string, description: string) =>
    new ec2.SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false })
  const loadBalancer = own('LoadBalancerGroup', 'Quayside load balancer: clients to its listeners')
  const hosts = own('HostGroup', 'Quayside nginx hosts: load balancer to nginx, nginx to tasks and AWS')
  for (const { port, protocol = 'tcp', targetPort = port } of listeners) {
    const portOf = protocol === 'udp' ? ec2.Port.udp : ec2.Port.tcp
    for (const network of props.clientNetworks)
      loadBalancer.addIngressRule(peer(network), portOf(port), 'Clients')
    connect(loadBalancer, hosts, portOf(targetPort), 'nginx')
  }
  connect(loadBalancer, hosts, ec2.Port.tcp(healthPort), 'nginx health')
  openBackends(hosts, props)
  if (props.clientNetworks.some((network) => network.endsWith('/0')))
    acknowledge(loadBalancer, { 'AwsSolutions-EC23': 'The operator states that anybody may connect.' })
  return { loadBalancer, hosts }
}

function openBackends(
  hosts: ec2.SecurityGroup,
  { listeners, backendNetworks, backendSecurityGroups }: FleetGroupsProps,
) {
  const ports = [ec2.Port.allTcp()]
  if (listeners.some(({ protocol }) => protocol === 'udp')) ports.push(ec2.Port.allUdp())
  for (const port of ports) {
    for (const network of backendNetworks) hosts.addEgressRule(peer(network), port, 'Tasks')
    for (const group of backendSecurityGroups) group.addIngressRule(hosts, port, 'Quayside nginx hosts')
  }
  hosts.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Releases, parameters and packages of AWS')
}

function connect(from: ec2.SecurityGroup, to: ec2.SecurityGroup, port: ec2.Port, what: string): void {
  from.addEgressRule(to, port, what)
  to.addIngressRule(from, port, what)
}

function peer(network: string): ec2.IPeer {
  return network.includes(':') ? ec2.Peer.ipv6(network) : ec2.Peer.ipv4(network)
}
