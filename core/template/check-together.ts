import { byText } from '../canonical.ts'
import type { NginxContext } from '../release/layout.ts'
import { lintNginx } from '../render/lint-nginx.ts'
import { type Directive, flatten, parseNginx } from '../render/nginx-parse.ts'

/** An operator's file with its bytes. */
export type WrittenFile = { readonly path: string; readonly context: NginxContext; readonly content: string }

/** What of Quayside's own configuration another file could collide with. */
export type OwnServers = {
  readonly defaultServers: readonly { readonly port: number }[]
  readonly httpServers: readonly { readonly port: number; readonly host: string }[]
}

export type Collisions = {
  /** By path: why nginx would refuse everything together with this file. */
  readonly refused: ReadonlyMap<string, string>
  /** What nginx only warns about, one sentence each. */
  readonly notes: readonly string[]
}

/**
 * Looks at an operator's files beside one another and beside Quayside's own. Of two files that define the same name the first in the list stays. A
 * server name that both have is only told: which services claim which hosts is no fault of the file.
 */
export function checkTogether(files: readonly WrittenFile[], own: OwnServers): Collisions {
  const parsed = files.map((file) => ({ ...file, directives: parseNginx(file.content, file.path) }))
  const refused = new Map<string, string>()
  const taken = new Map<string, string>(
    own.defaultServers.map(({ port }) => [`http default server on ${port}`, "Quayside's own configuration"]),
  )
  for (const { path, context, directives } of parsed) {
    const names = directives.flatMap((directive) => definedBy(directive, context))
    const why = reserved(directives) ?? collision(names, taken)
    if (why !== null) refused.set(path, why)
    else for (const name of names) taken.set(name, path)
  }
  const http = parsed
    .filter(({ path, context }) => context === 'http' && !refused.has(path))
    .sort((a, b) => byText(a.path, b.path))
  return { refused, notes: [...refusals(refused), ...lint(http, own)] }
}

/** What a directive of the http or stream context defines that may be there only once. */
function definedBy(directive: Directive, context: NginxContext): readonly string[] {
  const { name, args, block } = directive
  if (name === 'upstream') return [`${context} upstream ${args[0] ?? ''}`]
  if (name !== 'server') return []
  const listens = (block ?? []).filter((one) => one.name === 'listen')
  const defaults = listens.filter(({ args: words }) => words.some(isDefault))
  return defaults.map(({ args: [place = ''] }) => `${context} default server on ${portOrPlace(place)}`)
}

function isDefault(word: string): boolean {
  return word === 'default_server' || word === 'default'
}

function portOrPlace(listen: string): string {
  return listen.replace(/^(\*|0\.0\.0\.0):/, '')
}

function collision(names: readonly string[], taken: ReadonlyMap<string, string>): string | null {
  const twice = names.find((name, at) => taken.has(name) || names.indexOf(name) !== at)
  if (twice === undefined) return null
  const where = taken.get(twice)
  return `${twice} is ${where === undefined ? 'defined twice' : `in ${where} too`}`
}

/** What our own file of the http context may set, and nginx takes once only. */
const ownDirectives = /^(server_names|variables)_hash_(bucket|max)_size$/

/** Names that begin with `quayside_` may be used, but only Quayside defines them. */
function reserved(directives: readonly Directive[]): string | null {
  const own = directives.find(({ name }) => ownDirectives.test(name))
  if (own !== undefined) return `line ${own.line} sets ${own.name}, which Quayside computes`
  for (const { name, args, line } of flatten(directives)) {
    const defined = definedName(name, args)
    if (/^\$?quayside_/.test(defined)) return `line ${line} defines ${defined}, and quayside_ is Quayside's`
  }
  return null
}

function definedName(name: string, args: readonly string[]): string {
  if (name === 'upstream' || name === 'log_format') return args[0] ?? ''
  if (name === 'set') return args[0] ?? ''
  if (name === 'map' || name === 'geo' || name === 'split_clients') return args.at(-1) ?? ''
  const zone = args.find((word) => /^(keys_)?zone=/.test(word)) ?? ''
  return zone.replace(/^(keys_)?zone=/, '')
}

function refusals(refused: ReadonlyMap<string, string>): readonly string[] {
  return [...refused].map(([path, why]) => `${path}: ${why}; the file stays as it was`)
}

/** With those of our servers alone that share a name with one of theirs: ours are thousands, and were checked when they were made. */
function lint(
  files: readonly { readonly path: string; readonly directives: readonly Directive[] }[],
  { httpServers }: OwnServers,
): readonly string[] {
  if (files.length === 0) return []
  const names = new Set(files.flatMap(({ directives }) => serverNames(directives)))
  const shared = httpServers.filter(({ host }) => names.has(host))
  const ours = { path: "Quayside's own configuration", directives: shared.map(asDirective) }
  return lintNginx([ours, ...files]).map(({ path, line, reason }) => {
    return `${path}, line ${line}: ${reason.replace(', line 0', '')}`
  })
}

function serverNames(directives: readonly Directive[]): readonly string[] {
  const servers = directives.filter(({ name }) => name === 'server')
  const named = servers.flatMap(({ block }) => (block ?? []).filter(({ name }) => name === 'server_name'))
  return named.flatMap(({ args }) => args).map((name) => name.toLowerCase().replace(/^\./, ''))
}

function asDirective({ port, host }: { readonly port: number; readonly host: string }): Directive {
  const bare = { line: 0, argStart: 0, argEnd: 0 }
  const block: readonly Directive[] = [
    { ...bare, name: 'listen', args: [String(port)], block: null },
    { ...bare, name: 'server_name', args: [host], block: null },
  ]
  return { ...bare, name: 'server', args: [], block }
}
