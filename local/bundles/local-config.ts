import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import { listenerPort, region } from '../settings.ts'

/** Where the functions find Consul, in AWS as here. */
export const consulSecret = 'quayside/consul'

/**
 * The config file of a deployment on this machine. The network is none that exists: nothing of it is asked for before a template is
 * deployed.
 */
export function localConfig(place: { readonly clusterArn: string; readonly datacenter: string }) {
  const { clusterArn, datacenter } = place
  return {
    deployment: 'local',
    region,
    clusters: [{ arn: clusterArn }],
    consul: { secret: consulSecret, datacenter },
    network: {
      vpcId: 'vpc-0123456789abcdef0',
      subnets: [{ id: 'subnet-0123456789abcdef0', availabilityZone: `${region}a` }],
      egress: 'existing',
    },
    publish: {
      listeners: [{ port: listenerPort, protocol: 'http' }],
      networks: ['127.0.0.0/8'],
      channel: defaultPublishSettings.channel,
    },
    // This ECS has nobody else to serve.
    reconcile: { callsPerSecond: 20 },
  }
}
