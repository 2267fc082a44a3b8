import type { NginxContext } from '../release/layout.ts'

/** What an entry file needs to know beside the files it includes. */
export type EntryOptions = {
  readonly controlPort: number
  /** Where load balancers in front ask for `/health`; null for loopback only. */
  readonly healthPort: number | null
  readonly keepaliveMinTimeout: boolean
}

export const releasePath = '/quayside/release'
export const healthPath = '/health'

/** The config id that an entry file answers before the first release. */
export const noRelease = 'none'

/**
 * The one file of a context that the main configuration includes. Each file is named literally: a glob that matches nothing passes
 * `nginx -t` and drops every virtual server. The control server answers on TCP, never on a unix socket, whose file a killed nginx
 * leaves behind and which then keeps it from starting.
 */
export function entryFile(
  context: NginxContext,
  configId: string,
  includes: readonly string[],
  options: EntryOptions,
): string {
  const lines = [
    '# Written by the Quayside agent; every change replaces it.',
    `map "" $quayside_release { default "${configId}"; }`,
    ...(context === 'http' && options.keepaliveMinTimeout ? ['keepalive_min_timeout 1s;'] : []),
    ...includes.map((path) => `include ${quoted(path)};`),
    ...(context === 'http' ? httpServers(configId, options) : streamServer(options)),
  ]
  return `${lines.join('\n')}\n`
}

/** The config id in an entry file; null in a file that isn't one. */
export function configIdIn(entry: string): string | null {
  return /^map "" \$quayside_release \{ default "([0-9a-z]+)"; \}$/m.exec(entry)?.[1] ?? null
}

/** Reads what the control servers answer: the config id and the worker's pid. */
export function readAnswer(text: string): { configId: string; pid: number } | null {
  const found = /^([0-9a-z]+) (\d+)\s*$/.exec(text)
  return found === null ? null : { configId: found[1] ?? '', pid: Number(found[2]) }
}

function httpServers(configId: string, { controlPort, healthPort }: EntryOptions): string[] {
  // A worker that answers from a release's entry file has loaded that release: healthy. One that has none is not.
  const status = configId === noRelease ? 503 : 200
  const health = `location = ${healthPath} { access_log off; default_type text/plain; return ${status} "$quayside_release\\n"; }`
  const control = `location = ${releasePath} { access_log off; default_type text/plain; return 200 "$quayside_release $pid\\n"; }`
  const other = 'location / { access_log off; return 404; }'
  const servers = [`server { listen 127.0.0.1:${controlPort}; server_name _; ${control} ${health} ${other} }`]
  if (healthPort !== null) servers.push(`server { listen ${healthPort}; server_name _; ${health} ${other} }`)
  return servers
}

function streamServer({ controlPort }: EntryOptions): string[] {
  return [`server { listen 127.0.0.1:${controlPort}; return "$quayside_release $pid\\n"; }`]
}

/** A path as one nginx word; settings allow no character that would end the quotes. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `"${path}"`
}
