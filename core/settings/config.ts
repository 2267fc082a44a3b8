import { contradictions } from './config-checks.ts'
import { type ConsulConfig, consul } from './config-consul.ts'
import { accountId, placeOf, regionName } from './config-fields.ts'
import { type FleetConfig, fleet } from './config-fleet.ts'
import {
  type FunctionsConfig,
  functions,
  type LogsConfig,
  logs,
  type ReleasesConfig,
  releases,
} from './config-functions.ts'
import { type NetworkConfig, network } from './config-network.ts'
import { defaultCallsPerSecond } from './defaults.ts'
import { callsPerSecond, clusters, deploymentId } from './fields.ts'
import { publishSettings } from './publish.ts'
import {
  type Checked,
  checkAll,
  judged,
  mapped,
  object,
  optional,
  type Reader,
  readAll,
  section,
  text,
} from './reader.ts'
import type { ClusterSettings, PublishSettings } from './settings.ts'

export type { ConsulConfig } from './config-consul.ts'
export type { FleetConfig, FleetListener, FleetLoadBalancer } from './config-fleet.ts'
export type { FunctionConfig, FunctionsConfig, LogsConfig, ReleasesConfig } from './config-functions.ts'
export type { FunctionSubnet, NetworkConfig, SubnetConfig } from './config-network.ts'

/** Where alarms go: to a topic that exists, or to an address, for which the stack makes one. Neither: they only change colour. */
export type AlarmsConfig = {
  readonly email: string | null
  readonly topicArn: string | null
}

/** One installed stack as its operator describes it. */
export type QuaysideConfig = {
  readonly deployment: string
  /** By default those of the first cluster. */
  readonly account: string
  readonly region: string
  readonly clusters: readonly ClusterSettings[]
  readonly consul: ConsulConfig
  readonly network: NetworkConfig
  readonly publish: PublishSettings
  /** A folder of the operator's own templates, relative to the config file. */
  readonly templates: string | null
  readonly reconcile: { readonly callsPerSecond: number }
  readonly functions: FunctionsConfig
  readonly logs: LogsConfig
  readonly releases: ReleasesConfig
  readonly alarms: AlarmsConfig
  /** Null: the operator runs the nginx hosts. */
  readonly fleet: FleetConfig | null
}

type Stated = Omit<QuaysideConfig, 'account' | 'region'> & {
  /** For editors only. */
  readonly $schema: string | null
  readonly account: string | null
  readonly region: string | null
}

const alarms = judged(
  object<AlarmsConfig>({
    email: optional(
      text('an e-mail address', /^[^\s@"<>,;]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,}$/),
      null,
    ),
    topicArn: optional(
      text('the ARN of an SNS topic', /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/),
      null,
    ),
  }),
  ({ email, topicArn }) =>
    email !== null && topicArn !== null
      ? [`email: expected nothing beside topicArn (subscribe the address to that topic), got "${email}"`]
      : [],
)

const reconcile = object<QuaysideConfig['reconcile']>({
  callsPerSecond: optional(callsPerSecond, defaultCallsPerSecond),
})

const stated: Reader<Stated> = object<Stated>({
  $schema: optional(text('the place of quayside.schema.json', /^/), null),
  deployment: deploymentId,
  account: optional(accountId, null),
  region: optional(regionName, null),
  clusters,
  consul,
  network,
  publish: section(publishSettings),
  templates: optional(text('a folder, relative to this file', /^[^\p{C}]{1,1000}$/u), null),
  reconcile: section(reconcile),
  functions: section(functions),
  logs: section(logs),
  releases: section(releases),
  alarms: section(alarms),
  fleet: optional(fleet, null),
})

/** What the config file may hold; its `schema` is what editors get. */
export const configReader: Reader<QuaysideConfig> = judged(mapped(stated, complete), contradictions)

/** Reads an operator's config, already parsed from JSON; throws one SETTINGS_INVALID error that lists every problem. */
export function parseConfig(value: unknown, title = 'The configuration is invalid'): QuaysideConfig {
  return readAll(title, value, '', configReader)
}

/** The same, or every problem, each a line that begins with its path. */
export function checkConfig(value: unknown): Checked<QuaysideConfig> {
  return checkAll(value, '', configReader)
}

/** The account and region of the stack are as stated, else those of the first cluster. */
function complete({ $schema: _, ...own }: Stated): QuaysideConfig {
  const first = placeOf(own.clusters[0]?.arn ?? '')
  return { ...own, account: own.account ?? first.account, region: own.region ?? first.region }
}
