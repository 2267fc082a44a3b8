import { QuaysideError } from '../../core/errors.ts'
import type { ConsulServers } from '../../core/settings/settings.ts'

/** How to reach the operator's Consul servers. Everything secret of it is in here, so this value is never logged. */
export type ConsulAccess = {
  /** `http(s)://host:port` of each server, tried in turn when one fails. */
  readonly addresses: readonly string[]
  readonly datacenter?: string
  /** Consul Enterprise. */
  readonly namespace?: string
  readonly partition?: string
  readonly token?: string
  /** Further tokens by name, for clusters that have their own. */
  readonly tokens?: Readonly<Record<string, string>>
  /** PEM texts. `cert` and `key` come as a pair, for servers that verify their clients. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name in the servers' certificates, usually `server.<datacenter>.consul`. */
  readonly serverName?: string
}

/** Says how to reach Consul now; with `fresh` it goes behind its cache, because the token it gave was refused. */
export type ConsulAccessProvider = (fresh?: boolean) => Promise<ConsulAccess>

const optionalFields = [
  'datacenter',
  'namespace',
  'partition',
  'token',
  'ca',
  'cert',
  'key',
  'serverName',
] as const

/**
 * Parses the JSON of the Consul secret; what the operator's file says of the servers wins. Errors name the field that is wrong and never
 * show a value.
 */
export function parseConsulAccess(text: string, source: string, servers?: ConsulServers): ConsulAccess {
  const value: Record<string, unknown> = { ...parseObject(text, source), ...statedOf(servers) }
  const access = {
    addresses: parseAddresses(value.addresses, source),
    ...parseOptional(value, source),
    ...parseTokens(value.tokens, source),
  }
  if ((access.cert === undefined) !== (access.key === undefined)) {
    throw invalid(source, 'has only one of "cert" and "key": a client certificate needs both')
  }
  return access
}

function statedOf(servers: ConsulServers | undefined): Partial<ConsulServers> {
  const members = Object.entries(servers ?? {}).filter(([, member]) => member !== null)
  return Object.fromEntries(members)
}

function parseObject(text: string, source: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // The parser's message would quote a part of the secret.
  }
  throw invalid(
    source,
    'is not a JSON object like {"addresses": ["https://consul.internal:8501"], "token": "…"}',
  )
}

function parseAddresses(value: unknown, source: string): readonly string[] {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value]
  const addresses = list.map((member) => (typeof member === 'string' ? originOf(member.trim()) : null))
  const good = [...new Set(addresses.filter((address) => address !== null))]
  if (good.length === 0 || addresses.includes(null)) {
    throw invalid(
      source,
      '"addresses" must list at least one http(s)://host:port, without a path or password, unless the config file has them',
    )
  }
  return good
}

function originOf(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null
  const isOrigin = url !== null && url.pathname === '/' && url.search === '' && url.username === ''
  return isOrigin && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : null
}

function parseOptional(
  value: Record<string, unknown>,
  source: string,
): { readonly [field in (typeof optionalFields)[number]]?: string } {
  const given = optionalFields.filter((field) => value[field] !== undefined && value[field] !== null)
  return Object.fromEntries(
    given.map((field) => {
      const text = value[field]
      if (typeof text !== 'string' || text === '')
        throw invalid(source, `"${field}" must be a text that isn't empty`)
      return [field, text]
    }),
  )
}

function parseTokens(value: unknown, source: string): { readonly tokens?: Readonly<Record<string, string>> } {
  if (value === undefined || value === null) return {}
  const pairs = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
  const texts = pairs.filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '',
  )
  if (pairs.length === 0 || texts.length < pairs.length) {
    throw invalid(source, '"tokens" must be an object that gives each token a name, like {"shop": "…"}')
  }
  return { tokens: Object.fromEntries(texts) }
}

function invalid(source: string, problem: string): QuaysideError {
  return new QuaysideError('SETTINGS_INVALID', `The Consul secret ${source} ${problem}.`)
}
