import type { QuaysideConfig } from './config.ts'
import { clusterProblems } from './config-clusters.ts'
import { placeOf } from './config-fields.ts'
import type { FleetListener } from './config-fleet.ts'
import type { SubnetConfig } from './config-network.ts'

/** What no section can tell by itself: settings of different sections that contradict each other, each with its path. */
export function contradictions(config: QuaysideConfig): string[] {
  return [
    ...clusterProblems(config),
    ...placeProblems(config),
    ...zoneProblems(config),
    ...fleetProblems(config),
    ...placementProblems(config),
  ]
}

/** These services refer to what is in their own region only. */
function placeProblems(config: QuaysideConfig): string[] {
  const { account, region, consul, alarms, fleet } = config
  const inRegion = (at: string, arn: string | null) =>
    arn === null || !arn.startsWith('arn:') || placeOf(arn).region === region
      ? []
      : [`${at}: expected something in ${region}, where this stack is, got an ARN in ${placeOf(arn).region}`]
  const certificates = (fleet?.loadBalancer.listeners ?? []).flatMap(({ certificateArn }, index) => {
    const at = `fleet.loadBalancer.listeners[${index}].certificateArn`
    const isOurs = certificateArn === null || placeOf(certificateArn).account === account
    const own = isOurs ? [] : [`${at}: expected a certificate of account ${account}, got ${certificateArn}`]
    return [...inRegion(at, certificateArn), ...own]
  })
  return [
    ...inRegion('consul.secret', consul.secret),
    ...inRegion('consul.secretKeyArn', consul.secretKeyArn),
    ...inRegion('alarms.topicArn', alarms.topicArn),
    ...certificates,
  ]
}

function zoneProblems({ region, network, fleet }: QuaysideConfig): string[] {
  // A Local Zone's name goes on after the region's: us-west-2-lax-1a.
  const outside = (at: string, subnets: readonly SubnetConfig[] | null) =>
    (subnets ?? []).flatMap(({ availabilityZone: zone }, index) =>
      zone.startsWith(region)
        ? []
        : [`${at}[${index}].availabilityZone: expected a zone of ${region}, got "${zone}"`],
    )
  return [
    ...outside('network.subnets', network.subnets),
    ...outside('fleet.subnets', fleet?.subnets ?? null),
    ...outside('fleet.loadBalancer.subnets', fleet?.loadBalancer.subnets ?? null),
  ]
}

function fleetProblems({ fleet, publish }: QuaysideConfig): string[] {
  if (fleet === null) return []
  const { loadBalancer, channel, healthPort } = fleet
  const channels = [publish.channel, ...(publish.canary === null ? [] : [publish.canary.channel])]
  return [
    ...loadBalancer.listeners.flatMap((listener, index) =>
      targetProblems(listener, index, publish.listeners),
    ),
    ...(channel === null || channels.includes(channel)
      ? []
      : [`fleet.channel: expected a channel that is published (${channels.join(', ')}), got "${channel}"`]),
    ...portProblems(healthPort, publish.listeners),
  ]
}

/**
 * Of the agent's DNS server and its control servers, on the loopback address of each host of the fleet: nginx could not listen there on all
 * addresses.
 */
export const agentPorts: readonly number[] = [8_053, 8_098, 8_099]

function portProblems(healthPort: number, listeners: QuaysideConfig['publish']['listeners']): string[] {
  const own = `none of the agent’s own (${agentPorts.join(', ')})`
  const isTaken = agentPorts.includes(healthPort) || listeners.some(({ port }) => port === healthPort)
  return [
    ...listeners.flatMap(({ port }, index) =>
      agentPorts.includes(port)
        ? [`publish.listeners[${index}].port: expected a port that is ${own}, got ${port}`]
        : [],
    ),
    ...(isTaken
      ? [`fleet.healthPort: expected a port that is none of publish.listeners and ${own}, got ${healthPort}`]
      : []),
  ]
}

function targetProblems(
  { targetPort, protocol }: FleetListener,
  index: number,
  listeners: QuaysideConfig['publish']['listeners'],
): string[] {
  const wanted = protocol === 'udp' ? 'udp' : 'tcp'
  const ports = listeners.flatMap((one) =>
    (one.protocol === 'udp' ? 'udp' : 'tcp') === wanted ? [one.port] : [],
  )
  if (ports.includes(targetPort)) return []
  const known = ports.length === 0 ? 'none yet' : ports.join(', ')
  return [
    `fleet.loadBalancer.listeners[${index}].targetPort: expected a ${wanted} port of publish.listeners (${known}), got ${targetPort}`,
  ]
}

/**
 * A load balancer is in one subnet of a zone, and sends nothing to hosts in zones that it isn't in. Its own subnets have been judged one by
 * one where they were read.
 */
function placementProblems({ fleet, network }: QuaysideConfig): string[] {
  if (fleet === null) return []
  const at = 'fleet.loadBalancer.subnets'
  const ofHosts = zonesOf(fleet.subnets ?? network.subnets)
  const { subnets } = fleet.loadBalancer
  const twice = ofHosts.find((zone, index) => ofHosts.indexOf(zone) < index)
  if (subnets === null)
    return twice === undefined
      ? []
      : [
          `${at}: expected one subnet for each zone, because those of the fleet name ${twice} twice, got nothing`,
        ]
  const without = [...new Set(ofHosts)].filter((zone) => !zonesOf(subnets).includes(zone))
  return without.length === 0
    ? []
    : [`${at}: expected a subnet in each zone of the fleet’s hosts, got none in ${without.join(', ')}`]
}

function zonesOf(subnets: readonly SubnetConfig[]): readonly string[] {
  return subnets.map(({ availabilityZone }) => availabilityZone)
}
