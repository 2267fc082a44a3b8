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

function fleetProblems({ fleet, publish, network }: QuaysideConfig): string[] {
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
    ...(publish.listeners.some(({ port }) => port === healthPort)
      ? [`fleet.healthPort: expected a port that is none of publish.listeners, got ${healthPort}`]
      : []),
    ...placementProblems(
      loadBalancer.subnets ?? fleet.subnets ?? network.subnets,
      loadBalancer.subnets !== null,
    ),
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

/** Subnets stated for the load balancer itself have been judged where they were read. */
function placementProblems(subnets: readonly SubnetConfig[], isStated: boolean): string[] {
  const zones = subnets.map(({ availabilityZone }) => availabilityZone)
  const twice = zones.find((zone, index) => zones.indexOf(zone) < index)
  if (isStated || twice === undefined) return []
  return [
    `fleet.loadBalancer.subnets: expected one subnet for each zone, because those of the fleet name ${twice} twice, got nothing`,
  ]
}
