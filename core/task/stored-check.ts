import { digestOf } from '../canonical.ts'
import type { Endpoint } from './ports.ts'
import { serviceWord, type Words } from './words.ts'

/** The part of Consul's check definitions that `/v1/txn` carries on every version; durations in Go's words. */
export type StoredDefinition = {
  readonly HTTP?: string
  readonly TCP?: string
  readonly Method?: string
  readonly TLSSkipVerify?: boolean
  readonly Interval: string
  readonly Timeout?: string
}

/** A check that consul-esm runs against the instance; what it finds is its own, we keep the definition only. */
export type StoredCheck = {
  readonly definition: StoredDefinition
  /** The status until consul-esm has run it for the first time. */
  readonly initial: 'passing' | 'warning' | 'critical'
  /** Of the definition: the same digest means that there is nothing to write. */
  readonly digest: string
}

export type StoredCheckResult = { readonly check: StoredCheck | null; readonly problems: readonly string[] }

/** Words that need an agent beside the container, or that would let somebody else delete what ECS runs. */
const refusals: Readonly<Record<string, string>> = {
  SCRIPT: 'no agent runs scripts for entries of Quayside; use CHECK_HTTP, CHECK_TCP, or an ECS healthCheck',
  CMD: 'no agent runs commands for entries of Quayside; use CHECK_HTTP, CHECK_TCP, or an ECS healthCheck',
  TTL: 'nobody renews it for entries of Quayside; use CHECK_HTTP, CHECK_TCP, or an ECS healthCheck',
  GRPC: 'Consul does not store gRPC checks in transactions on all versions; use CHECK_TCP',
  GRPC_USE_TLS: 'Consul does not store gRPC checks in transactions on all versions; use CHECK_TCP',
  DEREGISTER_AFTER: 'an instance goes when ECS stops its task, and not before',
}

const known = new Set([
  'HTTP',
  'HTTPS',
  'TCP',
  'HTTP_METHOD',
  'HTTPS_METHOD',
  'TLS_SKIP_VERIFY',
  'INTERVAL',
  'TIMEOUT',
  'INITIAL_STATUS',
])

const duration = /^(\d+(\.\d+)?(ms|s|m|h))+$/
const path = /^\/[\x21-\x7e]{0,499}$/
const statuses = ['passing', 'warning', 'critical'] as const

/** Reads `SERVICE_[<port>_]CHECK_*` as registrator does: HTTP goes before HTTPS, and both before TCP. */
export function storedCheck(words: Words, endpoint: Endpoint, names: readonly string[]): StoredCheckResult {
  const problems = names.flatMap((name) => {
    const key = name.replace(/^SERVICE_(\d+_)?CHECK_/, '')
    const reason = refusals[key] ?? (known.has(key) ? null : 'no such word is known')
    return reason === null ? [] : [`${name} is not heeded: ${reason}`]
  })
  const word = (key: string) =>
    serviceWord(words, endpoint.containerPort, `CHECK_${key}`)?.trim() || undefined
  const target = targetOf(word, endpoint)
  if (target === null) return { check: null, problems }
  const wrong = wrongWords(word)
  if (wrong.length > 0) return { check: null, problems: [...problems, ...wrong] }
  const definition = { ...target, ...timesOf(word) }
  const initial = statuses.find((status) => status === word('INITIAL_STATUS')) ?? 'critical'
  return { check: { definition, initial, digest: digestOf(definition) }, problems }
}

type Word = (key: string) => string | undefined

function targetOf(word: Word, { address, port }: Endpoint): Partial<StoredDefinition> | null {
  const at = `${address.includes(':') ? `[${address}]` : address}:${port}`
  const http = word('HTTP')
  if (http !== undefined) return { HTTP: `http://${at}${http}`, ...methodOf(word('HTTP_METHOD')) }
  const https = word('HTTPS')
  if (https === undefined) return isOn(word('TCP')) ? { TCP: at } : null
  const skips = isOn(word('TLS_SKIP_VERIFY')) ? { TLSSkipVerify: true } : {}
  return { HTTP: `https://${at}${https}`, ...methodOf(word('HTTPS_METHOD')), ...skips }
}

function methodOf(method: string | undefined): Partial<StoredDefinition> {
  return method === undefined ? {} : { Method: method.toUpperCase() }
}

function timesOf(word: Word): Pick<StoredDefinition, 'Interval' | 'Timeout'> {
  const timeout = word('TIMEOUT')
  return { Interval: word('INTERVAL') ?? '10s', ...(timeout === undefined ? {} : { Timeout: timeout }) }
}

function wrongWords(word: Word): readonly string[] {
  const must = (key: string, pattern: RegExp, expected: string) => {
    const value = word(key)
    if (value === undefined || pattern.test(value)) return []
    const shown = JSON.stringify(value.slice(0, 80))
    return [`SERVICE_CHECK_${key} is ${shown} but must be ${expected}; the check is left out`]
  }
  return [
    ...must('HTTP', path, 'a path that begins with /'),
    ...must('HTTPS', path, 'a path that begins with /'),
    ...must('HTTP_METHOD', /^[A-Za-z]{1,20}$/, 'an HTTP method'),
    ...must('HTTPS_METHOD', /^[A-Za-z]{1,20}$/, 'an HTTP method'),
    ...must('INTERVAL', duration, 'a duration such as 10s'),
    ...must('TIMEOUT', duration, 'a duration such as 2s'),
    ...must('INITIAL_STATUS', /^(passing|warning|critical)$/, 'passing, warning or critical'),
  ]
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(false|0|no)$/i.test(value)
}
