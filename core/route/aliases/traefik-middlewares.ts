import { type Outcome, readFlag, rewrittenPath, shown } from './alias.ts'
import type { TraefikWords } from './traefik-labels.ts'

type Middlewares = ReadonlyMap<string, TraefikWords>

/** The value of a reference without its provider: `strip@consulcatalog` is defined by labels like any other. */
const provider = /@(consulcatalog|ecs|docker|swarm|nomad)$/

/** What the middlewares that a router names mean for a route with this path, in their order. */
export function applyMiddlewares(
  names: string,
  defined: Middlewares,
  path: string,
  // Chains may lead in a circle, or name so many others so often that nobody could follow.
  seen = new Set<string>(),
): readonly Outcome[] {
  const list = names.split(',').map((name) => name.trim().toLowerCase().replace(provider, ''))
  return list.flatMap((name) => {
    if (name === '') return []
    if (seen.has(name)) return [{ refuse: `the middleware ${shown(name)} once` }]
    seen.add(name)
    const words = defined.get(name)
    if (words === undefined)
      return [{ unsupported: `no middleware ${shown(name)}, which isn't stated here and has no effect` }]
    return [...typesOf(words)].flatMap(([type, options]) =>
      type === 'chain'
        ? applyMiddlewares(options.get('middlewares') ?? '', defined, path, seen)
        : [applyOne(name, type, options, path)],
    )
  })
}

/** `stripprefix.prefixes` → `stripprefix` → `prefixes`. Traefik allows one type per middleware; more are all applied. */
function typesOf(words: TraefikWords): ReadonlyMap<string, TraefikWords> {
  const types = new Map<string, Map<string, string>>()
  for (const [key, value] of words) {
    const [type = '', ...rest] = key.split('.')
    types.set(type, (types.get(type) ?? new Map<string, string>()).set(rest.join('.'), value))
  }
  return types
}

/** Values never stand in a message: some are password hashes. */
function applyOne(name: string, type: string, options: TraefikWords, path: string): Outcome {
  const what = `middleware ${shown(name)} (${shown(type)})`
  switch (type) {
    case 'stripprefix':
      return stripPrefix(options.get('prefixes') ?? '', path, what)
    case 'addprefix':
      return { words: { rewrite: rewrittenPath(path, undefined, options.get('prefix') ?? '') } }
    case 'retry':
      return onlyOption(options, 'attempts', 'tries', what)
    case 'headers':
      return readHeaders(options, what)
    case 'redirectscheme':
      return options.get('scheme') === 'https'
        ? { words: { https: 'redirect' } }
        : { refuse: `no ${what} to another scheme than https` }
    case 'ipallowlist':
    case 'ipwhitelist':
      return [...options.keys()].every((key) => key === 'sourcerange')
        ? { words: { allow: options.get('sourcerange') ?? '' } }
        : { refuse: `no ${what} with an ipStrategy: nginx judges by the address of the connection` }
    case 'buffering':
      return onlyOption(options, 'maxrequestbodybytes', 'body-size', what)
    case 'basicauth':
    case 'digestauth':
    case 'forwardauth':
      return { refuse: `no ${what}: nginx would let everybody in` }
    case 'redirectregex':
      return { refuse: `no ${what}: nginx would pass the requests on` }
    default:
      return { unsupported: `no ${what}, which has no effect here` }
  }
}

/** Traefik strips the first prefix that a request has; on one route that is the first that its path has. */
function stripPrefix(prefixes: string, path: string, what: string): Outcome {
  const list = prefixes.split(',').map((one) => one.trim().replace(/(?<=.)\/$/, ''))
  const strip = list.find((one) => one !== '' && (path === one || path.startsWith(`${one}/`)))
  return strip === undefined
    ? { unsupported: `a prefix in ${what} that is a front part of the route's path` }
    : { words: { strip } }
}

/** One option that we have a word for; others of the same middleware only tune it. */
function onlyOption(options: TraefikWords, name: string, word: 'tries' | 'body-size', what: string): Outcome {
  const value = options.get(name)
  if (value === undefined) return { unsupported: `no ${what} except ${name}` }
  const others = [...options.keys()].filter((key) => key !== name).map(shown)
  return {
    words: { [word]: value },
    ...(others.length === 0
      ? {}
      : { unsupported: `no ${others.join(', ')} of ${what}, which has no effect here` }),
  }
}

const hstsOptions = ['stsseconds', 'stsincludesubdomains', 'forcestsheader']

/** Of all headers only Strict-Transport-Security. */
function readHeaders(options: TraefikWords, what: string): Outcome {
  const others = [...options.keys()].filter((key) => !hstsOptions.includes(key)).map(shown)
  const unsupported = `no ${others.join(', ')} of ${what}, which has no effect here`
  const seconds = options.get('stsseconds')
  if (seconds === undefined) return { unsupported }
  const more = readFlag(options.get('stsincludesubdomains') ?? '') === true ? '; includeSubDomains' : ''
  return { words: { hsts: `${seconds}s${more}` }, ...(others.length === 0 ? {} : { unsupported }) }
}
