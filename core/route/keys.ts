import { nearest } from '../settings/nearest.ts'
import { type Problem, shorten } from './problem.ts'

/** The words of a route, each the rest of a meta key `nginx-<word>` or `nginx-route-<id>-<word>`. */
export const routeWords = [
  'host',
  'path',
  'path-type',
  'strip',
  'rewrite',
  'redirect',
  'proto',
  'listen',
  'lb',
  'weight',
  'keepalive',
  'max-fails',
  'fail-timeout',
  'max-conns',
  'sticky',
  'tries',
  'next-upstream',
  'connect-timeout',
  'read-timeout',
  'send-timeout',
  'body-size',
  'websocket',
  'buffering',
  'https',
  'hsts',
  'allow',
  'deny',
  'group',
  'cert',
] as const
export type RouteWord = (typeof routeWords)[number]

export function isRouteWord(text: string): text is RouteWord {
  return routeWords.some((word) => word === text)
}

/** The words that hold for the whole service; `port` chose which container port it is when it was registered. */
export const serviceWords = ['enable', 'on-unhealthy', 'min-instances', 'max-shrink', 'port'] as const
export type ServiceWord = (typeof serviceWords)[number]

export const keyPrefix = 'nginx-'

export type RouteLabels = {
  /** Empty for the route that the keys without `route-<id>` state. */
  readonly id: string
  readonly values: Readonly<Partial<Record<RouteWord, string>>>
}

export type SortedLabels = {
  readonly service: Readonly<Partial<Record<ServiceWord, string>>>
  readonly routes: readonly RouteLabels[]
  readonly problems: readonly Problem[]
}

const wordsLongestFirst = [...routeWords].sort((a, b) => b.length - a.length)

/**
 * Sorts a service's labels into its own words and its routes, in the order of their ids. What a named route leaves unsaid, except
 * its host, holds as the service states it; without `nginx-host` only the named routes exist, if there are any.
 */
export function sortLabels(source: string, labels: Readonly<Record<string, string>>): SortedLabels {
  const service: Partial<Record<ServiceWord, string>> = {}
  const routes = new Map<string, Partial<Record<RouteWord, string>>>([['', {}]])
  const problems: Problem[] = []
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key] ?? ''
    const place = placeOf(key)
    if (place === null) problems.push(unknownKey(source, key, value))
    else if ('service' in place) service[place.service] = value
    else routes.set(place.id, { ...routes.get(place.id), [place.word]: value })
  }
  return { service, routes: inherit(routes), problems }
}

/** The name of a route's key, for messages. */
export function keyOf(id: string, word: RouteWord): string {
  return id === '' ? `${keyPrefix}${word}` : `${keyPrefix}route-${id}-${word}`
}

function placeOf(key: string): { service: ServiceWord } | { id: string; word: RouteWord } | null {
  const rest = key.slice(keyPrefix.length)
  const service = serviceWords.find((word) => word === rest)
  if (service !== undefined) return { service }
  const plain = routeWords.find((word) => word === rest)
  if (plain !== undefined) return { id: '', word: plain }
  if (!rest.startsWith('route-')) return null
  // The longest word first, or `nginx-route-a-read-timeout` could be read as another word of a route with a longer id.
  const word = wordsLongestFirst.find((one) => rest.endsWith(`-${one}`))
  const id = rest.slice('route-'.length, word === undefined ? undefined : -(word.length + 1))
  return word !== undefined && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? { id, word } : null
}

function inherit(routes: ReadonlyMap<string, RouteLabels['values']>): readonly RouteLabels[] {
  const { host, ...common } = routes.get('') ?? {}
  const named = [...routes].filter(([id]) => id !== '').sort(([a], [b]) => (a < b ? -1 : 1))
  const all = named.map(([id, values]) => ({ id, values: { ...common, ...values } }))
  const own = { id: '', values: host === undefined ? common : { host, ...common } }
  return host === undefined && named.length > 0 ? all : [own, ...all]
}

function unknownKey(service: string, key: string, value: string): Problem {
  // A key of a tag has no greatest length, and comparing takes the product of both lengths.
  const [front = keyPrefix] = /^nginx-(route-[^-]{1,64}-)?/.exec(key) ?? []
  const words = front === keyPrefix ? [...serviceWords, ...routeWords] : routeWords
  const similar = nearest(
    key.slice(0, 128),
    words.map((word) => front + word),
  )
  const expected = similar ?? `a known key, like ${keyPrefix}host`
  return {
    kind: 'unknown-key',
    effect: 'none',
    service,
    key: shorten(key),
    value: shorten(value),
    expected: shorten(expected),
  }
}
