import type { Directive } from '../render/nginx-parse.ts'

/** What the operator of a host allows its releases. */
export type DirectiveLimits = {
  /** Directives that are taken as they stand, by name. */
  readonly allowed: readonly string[]
  /** Folders below which a release may name files that nginx writes, as root in part. */
  readonly writable: readonly string[]
  /** The folder of the main configuration, which is the operator's: what lies there may be included. */
  readonly configuration: string
}

type Rule = {
  readonly names: RegExp
  /** Null where this use is harmless, else what is wrong with it. */
  readonly judge: (args: readonly string[], limits: DirectiveLimits) => string | null
}

const always = (why: string) => () => why

/**
 * What a host takes from no release, whoever signed it. A signature says who wrote a release and not that its author is in their right mind:
 * nginx opens logs and caches as root, and code in a configuration runs as nginx.
 */
const rules: readonly Rule[] = [
  {
    names:
      /^(load_module|user|pid|env|daemon|master_process|worker_\w+|lock_file|working_directory|thread_pool|ssl_engine|timer_resolution|debug_\w+|pcre_jit|events|http|stream|mail|mgmt|google_perftools_profiles)$/,
    judge: always('is about the whole process and belongs in the main configuration'),
  },
  {
    names: /(_by_lua(_block|_file)?|^(lua|js|perl|ndk|passenger|proxy_wasm|wasm)(_\w+)?)$/,
    judge: always('runs code'),
  },
  {
    names: /^(dav_methods|\w+_store)$/,
    judge: ([mode = '']) => (mode === 'off' ? null : 'lets answers or requests write files'),
  },
  { names: /^(create_full_put_path|\w*ssl_key_log|state|state_path)$/, judge: always('writes files') },
  {
    names: /^(access|error)_log$/,
    judge: ([place = ''], limits) => (isNoFile(place) ? null : badFile(place, limits)),
  },
  { names: /^\w+_(temp|cache)_path$/, judge: ([place = ''], limits) => badFile(place, limits) },
  { names: /^include$/, judge: ([place = ''], { configuration }) => badInclude(place, configuration) },
  {
    names: /^listen$/,
    judge: ([place = '']) =>
      place.startsWith('unix:')
        ? 'makes a socket file, which an nginx that was killed leaves in its own way'
        : null,
  },
  {
    names: /_certificate_key$|_certificate$/,
    judge: ([source = '']) =>
      /^(engine|store):/.test(source) ? 'loads a key through code of OpenSSL' : null,
  },
]

/** In these blocks the first word of a line is data; only `include` is still a directive. */
const data = /^(map|geo|split_clients|types|charset_map)$/

/** Why a host refuses these directives of a release, with the line; null where it has nothing against them. */
export function refuseDirectives(directives: readonly Directive[], limits: DirectiveLimits): string | null {
  for (const { name, args, block, line } of directives) {
    const rule = limits.allowed.includes(name) ? undefined : rules.find(({ names }) => names.test(name))
    const why = rule?.judge(args, limits) ?? null
    if (why !== null) return `line ${line}: "${[name, ...args].join(' ').slice(0, 200)}" ${why}`
    const inside = data.test(name) ? block?.filter((one) => one.name === 'include') : block
    const deeper = refuseDirectives(inside ?? [], limits)
    if (deeper !== null) return deeper
  }
  return null
}

function isNoFile(place: string): boolean {
  return place === 'off' || place === 'stderr' || /^(syslog|memory):/.test(place)
}

function badFile(place: string, { writable }: DirectiveLimits): string | null {
  if (isPlain(place) && writable.some((folder) => place.startsWith(`${folder.replace(/\/+$/, '')}/`)))
    return null
  return `names a file that nginx writes outside ${writable.join(', ')}`
}

/** nginx takes relative includes from the folder of the main configuration. */
function badInclude(place: string, configuration: string): string | null {
  const inside = !place.startsWith('/') || place.startsWith(`${configuration.replace(/\/+$/, '')}/`)
  return inside && !/(^|\/)\.\.(\/|$)/.test(place) ? null : `includes what lies outside ${configuration}`
}

/** An absolute path that is what it says: no variable, no way up. */
function isPlain(place: string): boolean {
  return place.startsWith('/') && !place.includes('$') && !/(^|\/)\.\.(\/|$)/.test(place)
}
