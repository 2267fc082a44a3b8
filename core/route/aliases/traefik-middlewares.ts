import type { Outcome } from './alias.ts'
import { shown } from './alias.ts'
import type { TraefikWords } from './traefik-labels.ts'

type Middlewares = ReadonlyMap<string, TraefikWords>

/** Chains may name one another; Traefik refuses a circle, and so does this depth. */
const deepest = 8

/** The value of a reference without its provider: `strip@consulcatalog` is defined by labels like any other. */
const provider = /@(consulcatalog|ecs|docker|swarm|nomad)$/

/** What the middlewares that a router names mean for a route with this path, in their order. */
export function applyMiddlewares(
  names: string,
  defined: Middlewares,
  path: string,
  depth = 0,
): readonly Outcome[] {
  if (depth > deepest) return [{ refuse: 'middlewares whose chains end' }]
  const list = names.split(',').map((name) => name.trim().toLowerCase())
  return list
    .filter((name) => name !== '')
    .flatMap((name) => {
      const words = defined.get(name.replace(provider, ''))
      if (words === undefined) {
        return [{ unsupported: `no middleware ${shown(name)}, which isn't stated here and has no effect` }]
      }
      return [...typesOf(words)].flatMap(([type, options]) =>
        type === 'chain'
          ? applyMiddlewares(options.get('middlewares') ?? '', defined, path, depth + 1)
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
      return bodySize(options, what)
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

function bodySize(options: TraefikWords, what: string): Outcome {
  const size = options.get('maxrequestbodybytes')
  return size === undefined
    ? { unsupported: `no ${what} except maxRequestBodyBytes` }
    : { words: { 'body-size': size } }
}
