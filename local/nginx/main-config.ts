import { join } from 'node:path'

export interface MainConfigInput {
  /** The folder that holds everything of this nginx. */
  readonly prefix: string
  readonly entries: { readonly http: string; readonly stream?: string }
  /** The dynamic stream module to load, where it is one. */
  readonly streamModule?: string
  readonly workers: number
  readonly connections: number
}

/**
 * The main configuration as an operator would own it: process-level settings and one entry file per context, which the agent writes.
 * Nothing listens by itself. Every path is inside the prefix, so that any user can run it beside an nginx of the system.
 */
export function mainConfig({ prefix, entries, streamModule, workers, connections }: MainConfigInput): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const lines = [
    ...(streamModule === undefined ? [] : [`load_module ${quoted(streamModule)};`]),
    'daemon off;',
    'master_process on;',
    `worker_processes ${workers};`,
    `pid ${quoted(join(prefix, 'nginx.pid'))};`,
    // At "notice" the log says when workers start and exit, which is how a reload is followed.
    `error_log ${quoted(errorLogOf(prefix))} notice;`,
    `events { worker_connections ${connections}; }`,
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${quoted(join(prefix, 'temp', name))};`),
    `  include ${quoted(entries.http)};`,
    '}',
    ...(entries.stream === undefined ? [] : ['stream {', `  include ${quoted(entries.stream)};`, '}']),
  ]
  return `${lines.join('\n')}\n`
}

export function errorLogOf(prefix: string): string {
  return join(prefix, 'logs', 'error.log')
}

function quoted(path: string): string {
  return `"${path.replace(/["\\$]/g, '\\$&')}"`
}
