import { existsSync } from 'node:fs'
import { QuaysideError } from '../../../core/errors.ts'
import type { ClusterKey } from '../../../core/ledger/keys.ts'
import type { QuaysideConfig } from '../../../core/settings/config.ts'
import { datacenter, deploymentId, keyPrefix } from '../../../core/settings/fields.ts'
import type { Reader } from '../../../core/settings/reader.ts'
import type { ConsulServers } from '../../../core/settings/settings.ts'
import { parseClusterArn } from '../../../core/task/arn.ts'
import { readConfigFile } from '../../../lib/config-file.ts'
import { readFlags } from '../flags.ts'
import { UsageError } from '../usage-error.ts'

export type PurgeOptions = {
  readonly arn: string
  readonly cluster: ClusterKey
  readonly deployment: string
  readonly prefix: string
  readonly datacenter: string | null
  /** Secrets Manager id that says how to reach Consul; null: the environment says it. */
  readonly consulSecret: string | null
  /** What the configuration says of Consul's servers, besides the secret. */
  readonly consulServers?: ConsulServers
  readonly yes: boolean
  readonly dryRun: boolean
  readonly force: boolean
  readonly json: boolean
}

const ownConfig = 'quayside.config.json'

/** Reads the command's words and the configuration they name. Throws PURGE_REFUSED for a cluster that is still configured. */
export function parsePurge(args: readonly string[]): PurgeOptions {
  const flags = readFlags(args, {
    cluster: 'text',
    config: 'text',
    deployment: 'text',
    prefix: 'text',
    datacenter: 'text',
    'consul-secret': 'text',
    yes: 'switch',
    'dry-run': 'switch',
    force: 'switch',
    json: 'switch',
  })
  if (flags.cluster === null) throw new UsageError('--cluster is needed: the ARN of the ECS cluster.')
  const cluster = clusterOf(flags.cluster)
  if (flags.config !== null && flags.deployment !== null)
    throw new UsageError('--config and --deployment exclude one another.')
  const config = flags.deployment === null ? readConfigFile(configPath(flags.config)) : null
  if (config !== null) assertLeft(flags.cluster, cluster, config)
  return {
    arn: flags.cluster,
    cluster,
    deployment: config?.deployment ?? checked('--deployment', flags.deployment, deploymentId) ?? '',
    prefix: checked('--prefix', flags.prefix, keyPrefix) ?? config?.consul.prefix ?? 'quayside',
    datacenter: checked('--datacenter', flags.datacenter, datacenter) ?? config?.consul.datacenter ?? null,
    consulSecret: flags['consul-secret'],
    ...(config === null ? {} : { consulServers: serversOf(config) }),
    yes: flags.yes,
    dryRun: flags['dry-run'],
    force: flags.force,
    json: flags.json,
  }
}

function serversOf({ consul: { addresses, serverName } }: QuaysideConfig): ConsulServers {
  return { addresses, serverName }
}

function clusterOf(arn: string): ClusterKey {
  try {
    return parseClusterArn(arn, '--cluster')
  } catch {
    throw new UsageError(
      `--cluster: expected an ECS cluster ARN such as arn:aws:ecs:eu-west-1:123456789012:cluster/web, got ${JSON.stringify(arn)}.`,
    )
  }
}

function configPath(asked: string | null): string {
  if (asked !== null) return asked
  if (existsSync(ownConfig)) return ownConfig
  throw new UsageError(
    `There is no ${ownConfig} here: give --config <file> or --deployment <id>, so that it is known whose entries to remove.`,
  )
}

function assertLeft(arn: string, { account, region, cluster }: ClusterKey, config: QuaysideConfig): void {
  const configured = config.clusters.some((one) => {
    const key = parseClusterArn(one.arn, 'clusters.arn')
    return key.account === account && key.region === region && key.cluster === cluster
  })
  if (!configured) return
  throw new QuaysideError(
    'PURGE_REFUSED',
    `The configuration of deployment ${config.deployment} still names ${arn}: what a purge removes, the next reconcile pass would ` +
      'put back. Take the cluster out of "clusters", deploy, and purge then.',
  )
}

function checked(flag: string, value: string | null, reader: Reader<string>): string | null {
  if (value === null) return null
  const problems: string[] = []
  const result = reader(value, flag, problems)
  if (typeof result === 'string') return result
  throw new UsageError(`${problems.join('; ')}.`)
}
