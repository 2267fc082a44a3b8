import type { Template } from 'aws-cdk-lib/assertions'
import { metrics } from '../../../core/settings/metric-names.ts'
import { resourcesOf } from '../template-policies.ts'
import { prices } from './prices.ts'
import { assumed, monthSeconds, type Size, usageOf } from './usage.ts'

export type Egress = 'existing' | 'endpoints'

/** Dollars a month by what they are paid for. */
export type Estimate = ReadonlyMap<string, number>

/** What a deployment costs with the resources of this template, at this size. */
export function estimate(template: Template, egress: Egress, clusters: number, size: Size): Estimate {
  const usage = usageOf(size)
  const counted = (type: string) => Object.keys(template.findResources(type)).length
  const runs = (name: string, seconds: number) => memoryGb(template, name) * seconds * prices.lambdaGbSecond
  const ticks = usage.passes * 2
  const registering = (usage.events * assumed.registerMs[0]) / 1_000
  // Three functions read the secret every five minutes.
  const secretReads = (3 * monthSeconds) / 300
  const puts = usage.releases * assumed.objectsPerRelease[0]
  return new Map([
    ['publish function, which always runs', runs('Publish', monthSeconds)],
    ['reconcile function', runs('Reconcile', usage.passes * usage.passSeconds)],
    ['register function', runs('Register', registering)],
    ['starts of functions', (usage.events + ticks) * prices.lambdaRequest + ticks * prices.schedule],
    ['queue', (usage.events * 3 + idlePolls) * prices.sqsRequest],
    ['hosts’ polls and downloads', (usage.polls + usage.fetches) * prices.s3Get],
    ['hosts’ reports', usage.reports * prices.s3Put],
    ['releases in S3', puts * prices.s3Put + usage.storedGb * prices.s3GbMonth],
    [
      'signing key and signatures',
      counted('AWS::KMS::Key') * prices.kmsKey + usage.releases * prices.kmsSign,
    ],
    ['Consul’s secret', prices.secret + secretReads * prices.secretRead],
    ['metrics', metricCount(clusters) * prices.metric],
    ['alarms, dashboard', dashboards(counted)],
    ['logs', usage.logGb * (prices.logGb + prices.logGbMonth)],
    ['interface endpoints', endpointZones(template) * 730 * prices.endpointHour],
    [
      'answers of ECS, by NAT or endpoint',
      usage.ecsGb * (egress === 'endpoints' ? prices.endpointGb : prices.natGb),
    ],
  ])
}

// Lambda asks an empty queue that often, whatever happens.
const idlePolls = 650_000

function dashboards(counted: (type: string) => number): number {
  return (
    counted('AWS::CloudWatch::Alarm') * prices.alarm +
    counted('AWS::CloudWatch::Dashboard') * prices.dashboard
  )
}

function memoryGb(template: Template, name: string): number {
  const found = Object.entries(resourcesOf(template)).find(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(`${name}Function`),
  )
  return Number(found?.[1].Properties?.MemorySize) / 1_024
}

/** Each interface endpoint is paid for in each of its zones. */
function endpointZones(template: Template): number {
  const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint'))
  const zones = endpoints.map(({ Properties }): number =>
    Properties.VpcEndpointType === 'Interface' ? Properties.SubnetIds.length : 0,
  )
  return zones.reduce((sum, one) => sum + one, 0)
}

/** Every name, as if all were written in each hour; those of reconciling for each cluster as well. */
function metricCount(clusters: number): number {
  const names = Object.keys(metrics)
  const perCluster = names.slice(names.indexOf('ReconcileTasks'), names.indexOf('EcsCalls') + 1)
  return names.length + perCluster.length * clusters
}
