import { dirname, isAbsolute, join } from 'node:path'
import { explain, QuaysideError } from '../core/errors.ts'
import type { WantedMode } from '../core/host/resolve/choose-mode.ts'
import { readPublicKeys } from '../core/release/verify-pointer.ts'
import { createReader, type Reader } from './settings-reader.ts'

export type NginxSettings = {
  readonly binary: string
  readonly mainConf: string
  /** What nginx is started with as `-p`; null where it is started without. */
  readonly prefix: string | null
  readonly pidFile: string
  readonly errorLog: string
}

/** Everything that an agent needs to know; the operator's word, parsed once. */
export type AgentSettings = {
  readonly bucket: string
  readonly region: string
  readonly channel: string
  readonly deployment: string
  /** One or two Ed25519 public keys in PEM. */
  readonly publicKeys: readonly string[]
  /** Only without a key: pointers are taken as they come. */
  readonly allowUnsigned: boolean
  /** Null: AWS is asked for the instance's `aws:userid`. */
  readonly hostId: string | null
  readonly stateDir: string
  /** The files that nginx's main configuration includes; no stream entry where nginx has no stream module. */
  readonly entries: { readonly http: string; readonly stream: string | null }
  readonly nginx: NginxSettings
  /** Loopback ports of the control servers in the entry files. */
  readonly control: { readonly http: number; readonly stream: number | null }
  /** A port on all addresses where load balancers in front ask for `/health`. */
  readonly healthPort: number | null
  /** The loopback port of `/healthz` and `/metrics` of the agent itself; null for none. */
  readonly statusPort: number | null
  readonly pollMs: number
  /** Other places to listen on this host, by the port that the release states. */
  readonly listens: Readonly<Record<string, string>>
  /** The only ports on which a release may listen, as it states them; null allows any. */
  readonly allowedPorts: readonly number[] | null
  /** Directives that a release may use here though hosts refuse them otherwise; `*` leaves everything to `nginx -t`. */
  readonly allowedDirectives: readonly string[]
  /** Folders below which a release may name logs, caches and temporary files. */
  readonly writablePaths: readonly string[]
  /** How upstream servers reach nginx. */
  readonly mode: WantedMode
  /** Where on 127.0.0.1 nginx asks for addresses, by UDP and TCP. */
  readonly dnsPort: number
}

export type SettingsSource = {
  readonly env: Readonly<Record<string, string | undefined>>
  readFile(path: string): string
}

const id = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/**
 * Reads settings from the JSON file that `QUAYSIDE_AGENT_SETTINGS` names; a variable like `QUAYSIDE_STATE_DIR` wins over the member
 * `stateDir`. Throws SETTINGS_INVALID with every problem at once.
 */
export function readAgentSettings({ env, readFile }: SettingsSource): AgentSettings {
  const file = env.QUAYSIDE_AGENT_SETTINGS
  const members = file === undefined ? {} : readJsonFile(file, readFile)
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  return parseAgentSettings(
    { ...(region === undefined ? {} : { region }), ...members, ...fromEnv(env) },
    readFile,
  )
}

/** The same from members alone: `publicKeyFiles` names PEM files. */
export function parseAgentSettings(
  members: Readonly<Record<string, unknown>>,
  readFile: (path: string) => string,
): AgentSettings {
  const reader = createReader(members)
  const settings = readMembers(reader, readFile)
  const unknown = Object.keys(members).filter((name) => !reader.asked.has(name))
  const problems = [
    ...reader.problems,
    ...unknown.map((name) => `${name} is no setting; known are ${[...reader.asked].sort().join(', ')}`),
    ...contradictions(settings),
  ]
  if (problems.length === 0) return settings
  throw new QuaysideError(
    'SETTINGS_INVALID',
    `the agent's settings have problems:\n- ${problems.join('\n- ')}`,
  )
}

function readMembers(reader: Reader, readFile: (path: string) => string): AgentSettings {
  const stateDir = reader.path('stateDir', '/var/lib/quayside')
  const errorLog = reader.path('nginxErrorLog', '/var/log/nginx/error.log')
  const withStream = reader.flag('stream', false)
  // Read also where they aren't used, so that they are known and can't be misspelt.
  const streamEntry = reader.path('streamEntry', join(stateDir, 'entry.stream.conf'))
  const streamPort = reader.port('streamControlPort', 8_098)
  return {
    bucket: reader.text('bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name'),
    region: reader.text(
      'region',
      /^[a-z]{2}(-[a-z]+)+-\d$/,
      'an AWS region, or AWS_REGION in the environment',
    ),
    channel: reader.text('channel', id, 'a channel name', 'current'),
    deployment: reader.text('deployment', id, 'a deployment id'),
    publicKeys: readKeys(reader, readFile),
    allowUnsigned: reader.flag('allowUnsigned', false),
    hostId: reader.optional('hostId', /^[\w.:-]{1,200}$/, 'an aws:userid'),
    stateDir,
    entries: {
      http: reader.path('httpEntry', join(stateDir, 'entry.http.conf')),
      stream: withStream ? streamEntry : null,
    },
    nginx: {
      binary: reader.text('nginxBinary', /^[\w./+@-]+$/, 'a command or path', 'nginx'),
      mainConf: reader.path('nginxConf', '/etc/nginx/nginx.conf'),
      prefix: reader.optional('nginxPrefix', /^\/[\w./+@-]*$/, 'an absolute path'),
      pidFile: reader.path('nginxPid', '/run/nginx.pid'),
      errorLog,
    },
    control: {
      http: reader.port('controlPort', 8_099),
      stream: withStream ? streamPort : null,
    },
    healthPort: reader.has('healthPort') ? reader.port('healthPort', 8_081) : null,
    statusPort: reader.portOrNone('statusPort', 8_097),
    pollMs: reader.integer('pollMs', 50, 3_600_000, 1_000),
    listens: reader.table('listens'),
    allowedPorts: reader.ports('allowedPorts'),
    allowedDirectives: reader.list('allowedDirectives'),
    writablePaths: reader.has('writablePaths')
      ? reader.list('writablePaths')
      : [dirname(errorLog), '/var/cache/nginx'],
    mode: reader.oneOf('mode', ['auto', 'static', 'resolve'], 'auto'),
    dnsPort: reader.port('dnsPort', 8_053),
  }
}

function readKeys(reader: Reader, readFile: (path: string) => string): readonly string[] {
  return reader.list('publicKeyFiles').flatMap((path) => {
    try {
      const pem = readFile(path)
      readPublicKeys([pem])
      return [pem]
    } catch (error) {
      reader.problems.push(`publicKeyFiles: ${path} can't be used: ${explain(error)}`)
      return []
    }
  })
}

function contradictions(settings: AgentSettings): string[] {
  const { publicKeys, allowUnsigned, control, healthPort, statusPort, dnsPort, listens } = settings
  const problems: string[] = []
  if (publicKeys.length === 0 && !allowUnsigned)
    problems.push(
      'publicKeyFiles names no key: without one nothing is accepted, unless allowUnsigned is true',
    )
  if (publicKeys.length > 0 && allowUnsigned)
    problems.push(
      'allowUnsigned is true and publicKeyFiles names a key: a host with a key accepts nothing unsigned',
    )
  if (publicKeys.length > 2)
    problems.push(`publicKeyFiles names ${publicKeys.length} keys: at most two, for a rotation`)
  const ports = [control.http, control.stream, healthPort, statusPort, dnsPort].filter(
    (port) => port !== null,
  )
  if (new Set(ports).size < ports.length)
    problems.push('controlPort, streamControlPort, healthPort, statusPort and dnsPort must differ')
  for (const path of settings.writablePaths)
    if (!isAbsolute(path)) problems.push(`writablePaths: ${path} is not an absolute path`)
  for (const place of Object.values(listens))
    if (ports.includes(Number(place.split(':').at(-1))))
      problems.push(`listens: ${place} is a port of the control servers or of the agent`)
  return problems
}

function readJsonFile(path: string, readFile: (path: string) => string): Record<string, unknown> {
  try {
    if (!isAbsolute(path)) throw new Error('the path is not absolute')
    const value: unknown = JSON.parse(readFile(path))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
    throw new Error('it holds no JSON object')
  } catch (cause) {
    throw new QuaysideError('SETTINGS_INVALID', `QUAYSIDE_AGENT_SETTINGS=${path} can't be read`, { cause })
  }
}

/** `QUAYSIDE_STATE_DIR` → `stateDir`: values that look like JSON are JSON, so that lists and tables can be given too. */
function fromEnv(env: SettingsSource['env']): Record<string, unknown> {
  const entries = Object.entries(env).flatMap(([name, value]) => {
    const words = /^QUAYSIDE_([A-Z0-9_]+)$/.exec(name)?.[1]?.toLowerCase().split('_') ?? []
    if (words.length === 0 || value === undefined || name === 'QUAYSIDE_AGENT_SETTINGS') return []
    if (!agentVariable.has(words.join('_'))) return []
    const member = words
      .map((word, i) => (i === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`))
      .join('')
    return [[member, /^(\[|\{|\d+$|true$|false$)/.test(value) ? parseOrText(value) : value] as const]
  })
  return Object.fromEntries(entries)
}

/** Only these: other programs of Quayside have variables with the same prefix. */
const agentVariable = new Set([
  'bucket',
  'channel',
  'deployment',
  'host_id',
  'state_dir',
  'poll_ms',
  'public_key_files',
])

function parseOrText(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
