import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { QuaysideConfig } from '../../../core/settings/config.ts'
import type { FunctionSettings } from '../../../core/settings/settings.ts'
import { readConfigFile } from '../../../lib/config-file.ts'
import type { Terminal } from '../command.ts'
import { readFlags } from '../flags.ts'
import { bucketFlags, placeOf } from '../release-bucket.ts'
import { UsageError } from '../usage-error.ts'

export type PlanOptions = {
  readonly settings: FunctionSettings
  /** Ends in a slash. */
  readonly templates: URL
  /** The operator's folder, as the configuration names it. */
  readonly operatorTemplates: URL | null
  readonly consulSecret: string | null
  readonly diff: boolean
  readonly json: boolean
}

const ownConfig = 'quayside.config.json'
const ownTemplates = join(import.meta.dirname, '../../../templates')

/** Reads the command's words and the configuration that they name. */
export function parsePlan(args: readonly string[], terminal: Terminal): PlanOptions {
  const flags = readFlags(args, {
    ...bucketFlags,
    config: 'text',
    templates: 'text',
    'consul-secret': 'text',
    diff: 'switch',
    json: 'switch',
  })
  const { bucket } = placeOf(flags, terminal)
  const config = readConfigFile(configPath(flags.config))
  return {
    settings: settingsOf(config, bucket, flags.channel),
    templates: pathToFileURL(`${flags.templates ?? ownTemplates}/`),
    operatorTemplates: config.templates === null ? null : pathToFileURL(`${config.templates}/`),
    consulSecret: flags['consul-secret'],
    diff: flags.diff,
    json: flags.json,
  }
}

function configPath(asked: string | null): string {
  if (asked !== null) return asked
  if (existsSync(ownConfig)) return ownConfig
  throw new UsageError(`There is no ${ownConfig} here: give --config <file>, the deployment's configuration.`)
}

/** What the stack would give the publisher, except what a plan never uses. */
function settingsOf(config: QuaysideConfig, bucket: string, channel: string | null): FunctionSettings {
  const { deployment, clusters, consul, publish, reconcile } = config
  return {
    ...{ deployment, clusters, bucket },
    ...{ prefix: consul.prefix, datacenter: consul.datacenter, consulSecret: consul.secret },
    consulServers: { addresses: consul.addresses, serverName: consul.serverName },
    publish: channel === null ? publish : { ...publish, channel },
    reconcileCallsPerSecond: reconcile.callsPerSecond,
    queueUrl: 'none: a plan registers nothing',
    signingKey: 'none: a plan signs nothing',
  }
}
