import { defaultCallsPerSecond } from './defaults.ts'
import { environmentBytes } from './environment.ts'
import { callsPerSecond, cluster, datacenter, deploymentId, distinct, keyPrefix, secretId } from './fields.ts'
import { publishSettings } from './publish.ts'
import { hiddenText, judged, list, object, oneOf, optional, type Reader, readAll, text } from './reader.ts'
import type { ClusterSettings, PublishSettings } from './settings.ts'

/** Where the functions run and how they get out; ids, not look-ups, so that synthesis needs no account. */
export type NetworkConfig = {
  readonly vpcId: string
  /** Private subnets, one availability zone each in the same order. */
  readonly subnetIds: readonly string[]
  readonly availabilityZones: readonly string[]
  /** Route tables of the subnets, in the same order; needed for the S3 gateway endpoint. */
  readonly routeTableIds: readonly string[]
  /** Security groups of the functions; none means one of their own, with all outbound traffic. */
  readonly securityGroupIds: readonly string[]
  /** `existing`: the subnets reach AWS by themselves (NAT, endpoints); `endpoints`: this stack creates what is needed. */
  readonly egress: 'existing' | 'endpoints'
}

export type ConsulConfig = {
  /** Name or ARN of the secret that holds addresses, TLS material and token. */
  readonly secret: string
  /** The customer-managed key that encrypts the secret, if it isn't AWS's own. */
  readonly secretKeyArn: string | null
  readonly datacenter: string
  readonly prefix: string
}

/** One installed stack as its operator describes it. */
export type QuaysideConfig = {
  readonly deployment: string
  /** By default those of the clusters: events of other accounts and regions don't arrive here. */
  readonly account: string
  readonly region: string
  readonly clusters: readonly ClusterSettings[]
  readonly consul: ConsulConfig
  readonly network: NetworkConfig
  readonly publish: PublishSettings
  /** A folder of the operator's own templates, relative to the config file. */
  readonly templates: string | null
  readonly reconcile: { readonly callsPerSecond: number }
  readonly alarms: { readonly topicArn: string | null }
}

type Stated = Omit<QuaysideConfig, 'account' | 'region'> & {
  readonly account: string | null
  readonly region: string | null
}

/** What the two variables that grow with the operator's settings may take of Lambda's 4,096 bytes. */
const environmentRoom = 2_800

const noAlarms = { topicArn: null }
// In lower case, as in Consul: two clusters whose names differ in nothing else would share a node and a ledger.
const clusters = distinct(list(cluster, 1, 100), ({ arn }) => arn.toLowerCase())

const consul = object<ConsulConfig>({
  secret: secretId,
  secretKeyArn: optional(
    hiddenText('the ARN of a KMS key', /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-z0-9-]+$/),
    null,
  ),
  datacenter: optional(datacenter, 'dc1'),
  prefix: optional(keyPrefix, 'quayside'),
})

const network = judged(
  object<NetworkConfig>({
    vpcId: awsId('vpc'),
    subnetIds: list(awsId('subnet'), 1, 16),
    availabilityZones: list(
      text('an availability zone such as eu-west-1a', /^[a-z]{2}[a-z0-9-]{5,40}$/),
      1,
      16,
    ),
    routeTableIds: optional(list(awsId('rtb'), 0, 16), []),
    securityGroupIds: optional(list(awsId('sg'), 0, 5), []),
    egress: optional(oneOf('existing', 'endpoints'), 'existing'),
  }),
  networkProblems,
)

const alarms = object<QuaysideConfig['alarms']>({
  topicArn: optional(
    text('the ARN of an SNS topic', /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/),
    null,
  ),
})

const reconcile = object<QuaysideConfig['reconcile']>({
  callsPerSecond: optional(callsPerSecond, defaultCallsPerSecond),
})

const config: Reader<Stated> = judged(
  object<Stated>({
    deployment: deploymentId,
    account: optional(text('an AWS account id of 12 digits', /^\d{12}$/), null),
    region: optional(text('an AWS region such as eu-west-1', /^[a-z]{2}[a-z-]*-\d$/), null),
    clusters,
    consul,
    network,
    publish: (value, at, problems) => publishSettings(value ?? {}, at, problems),
    templates: optional(text('a folder, relative to this file', /^[^\p{C}]{1,1000}$/u), null),
    reconcile: optional(reconcile, { callsPerSecond: defaultCallsPerSecond }),
    alarms: optional(alarms, noAlarms),
  }),
  configProblems,
)

/** Reads an operator's config file, already parsed from JSON; throws one SETTINGS_INVALID error that lists every problem. */
export function parseConfig(value: unknown, title = 'The configuration is invalid'): QuaysideConfig {
  const stated = readAll(title, value, '', config)
  return { ...stated, ...homeOf(stated) }
}

/** The account and region of the stack: as stated, else those of the first cluster. */
function homeOf(stated: Stated): { readonly account: string; readonly region: string } {
  const [, , , region = '', account = ''] = (stated.clusters[0]?.arn ?? '').split(':')
  return { account: stated.account ?? account, region: stated.region ?? region }
}

function configProblems(stated: Stated): string[] {
  const { account, region } = homeOf(stated)
  const far = stated.clusters.flatMap(({ arn }, index) =>
    arn.includes(`:ecs:${region}:${account}:`)
      ? []
      : [`clusters[${index}].arn: expected a cluster of account ${account} in ${region}, got ${arn}`],
  )
  const bytes = environmentBytes(stated)
  const room = `publish: expected at most ${environmentRoom} bytes with the clusters, got ${bytes}; move routes into labels`
  return bytes > environmentRoom ? [...far, room] : far
}

function networkProblems(stated: NetworkConfig): string[] {
  const { subnetIds, availabilityZones, routeTableIds, egress } = stated
  const pair = (name: string, count: number) =>
    count === subnetIds.length
      ? []
      : [`${name}: expected one for each of the ${subnetIds.length} subnetIds, got ${count}`]
  const needless = egress === 'existing' && routeTableIds.length === 0
  return [
    ...pair('availabilityZones', availabilityZones.length),
    ...(needless ? [] : pair('routeTableIds', routeTableIds.length)),
  ]
}

function awsId(kind: string): Reader<string> {
  const pattern = new RegExp(`^${kind}-([0-9a-f]{8}|[0-9a-f]{17})$`)
  return text(`an id such as ${kind}-0123456789abcdef0`, pattern)
}
