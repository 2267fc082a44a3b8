import { canonicalJson } from '../canonical.ts'
import { defaultCallsPerSecond, defaultPublishSettings } from './defaults.ts'
import {
  bucketName,
  callsPerSecond,
  cluster,
  datacenter,
  deploymentId,
  distinct,
  keyPrefix,
  secretId,
} from './fields.ts'
import { publishSettings } from './publish.ts'
import { hiddenText, invalid, list, optional, type Problems, type Reader, readAll, report } from './reader.ts'
import type { ClusterSettings, ConsulScope, FunctionSettings, PublishSettings } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Variable<T> = { readonly name: string; readonly read: Reader<T> }

/**
 * Names and readers of the variables, one per setting. A secret's id, a key and a URL are never shown in a problem: people
 * paste the secret itself there, or a URL with a password.
 */
const variables: { readonly [K in keyof FunctionSettings]: Variable<FunctionSettings[K]> } = {
  deployment: { name: 'QUAYSIDE_DEPLOYMENT', read: deploymentId },
  prefix: { name: 'QUAYSIDE_PREFIX', read: keyPrefix },
  datacenter: { name: 'QUAYSIDE_DATACENTER', read: datacenter },
  clusters: {
    name: 'QUAYSIDE_CLUSTERS',
    read: json(distinct(list(cluster, 1, 100), ({ arn }) => arn.toLowerCase())),
  },
  consulSecret: { name: 'QUAYSIDE_CONSUL_SECRET', read: secretId },
  queueUrl: {
    name: 'QUAYSIDE_QUEUE_URL',
    read: hiddenText('the http(s) URL of the register queue', /^https?:\/\/[A-Za-z0-9.:[\]-]+\/[^\s@?#]+$/),
  },
  bucket: { name: 'QUAYSIDE_BUCKET', read: bucketName },
  signingKey: {
    name: 'QUAYSIDE_SIGNING_KEY',
    read: hiddenText('the id, ARN or alias of a KMS key', /^[A-Za-z0-9:/_.-]{1,2048}$/),
  },
  reconcileCallsPerSecond: {
    name: 'QUAYSIDE_RECONCILE_CALLS_PER_SECOND',
    read: optional(json(callsPerSecond), defaultCallsPerSecond),
  },
  publish: { name: 'QUAYSIDE_PUBLISH', read: optional(json(publishSettings), defaultPublishSettings) },
}

/** The variables from which `parseFunctionSettings` reads the same settings again. Values may be deploy-time references. */
export function functionEnvironment(settings: FunctionSettings): Record<string, string> {
  const { clusters, publish, ...rest } = settings
  const texts = Object.entries(rest).map(([key, value]) => [
    variables[key as keyof typeof rest].name,
    String(value),
  ])
  return {
    ...Object.fromEntries(texts),
    [variables.clusters.name]: clustersText(clusters),
    [variables.publish.name]: publishText(publish),
  }
}

/** Reads all settings, or throws one SETTINGS_INVALID error naming every variable that is missing or wrong. */
export function parseFunctionSettings(env: Environment): FunctionSettings {
  return readAll('The environment of this function is invalid', env, '', (_value, _at, problems) => {
    const members = Object.entries(variables).map(([key, { name, read }]) => [
      key,
      read(env[name], name, problems),
    ])
    return problems.length > 0 ? invalid : (Object.fromEntries(members) as FunctionSettings)
  })
}

/** The bytes of the two variables that grow with the operator's settings; Lambda allows 4,096 for all together. */
export function environmentBytes(settings: Pick<FunctionSettings, 'clusters' | 'publish'>): number {
  return Buffer.byteLength(clustersText(settings.clusters)) + Buffer.byteLength(publishText(settings.publish))
}

function clustersText(clusters: readonly ClusterSettings[]): string {
  return canonicalJson(
    clusters.map(({ arn, servicePrefix, addressFamily, consul }) => ({
      arn,
      ...(servicePrefix === '' ? {} : { servicePrefix }),
      ...(addressFamily === 'ipv4' ? {} : { addressFamily }),
      ...(consul === null ? {} : { consul: stated(consul) }),
    })),
  )
}

function stated(scope: ConsulScope): Partial<Record<keyof ConsulScope, string>> {
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== null))
}

/** Only what differs from the defaults, because room is short. */
function publishText(publish: PublishSettings): string {
  const defaults: Record<string, unknown> = defaultPublishSettings
  const own = Object.entries(publish).filter(
    ([key, value]) => canonicalJson(value) !== canonicalJson(defaults[key]),
  )
  return canonicalJson(Object.fromEntries(own))
}

function json<T>(reader: Reader<T>): Reader<T> {
  return (value, at, problems) => {
    if (typeof value !== 'string') return report(problems, at, 'JSON text', 'nothing')
    const parsed = parseJson(value, at, problems)
    return parsed === invalid ? invalid : reader(parsed, at, problems)
  }
}

/** JSON.parse quotes the text in its message, so that message is not passed on. */
function parseJson(value: string, at: string, problems: Problems): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return report(problems, at, 'JSON text', `${value.length} characters that are not JSON`)
  }
}
