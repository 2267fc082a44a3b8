import { defaultPublishSettings } from '../core/settings/defaults.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'

/** The port that the release states; each host on this machine listens on one of its own instead. */
export const listenerPort = 8080

export const bucket = 'quayside-releases'
export const region = 'eu-central-1'

/** What the functions would read from their environment in AWS, for the one-machine pipeline. */
export function localSettings(place: {
  readonly clusterArn: string
  readonly queueUrl: string
  readonly signingKey: string
  readonly datacenter: string
}): FunctionSettings {
  return {
    deployment: 'local',
    prefix: 'quayside',
    datacenter: place.datacenter,
    clusters: [{ arn: place.clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
    consulSecret: 'handed over directly',
    queueUrl: place.queueUrl,
    bucket,
    signingKey: place.signingKey,
    publish: {
      ...defaultPublishSettings,
      listeners: [{ port: listenerPort, protocol: 'http' }],
      // Everything on one machine lives on its loopback addresses, which a real deployment never allows.
      networks: ['127.0.0.0/8'],
    },
    // This ECS has nobody else to serve.
    reconcileCallsPerSecond: 100,
  }
}
