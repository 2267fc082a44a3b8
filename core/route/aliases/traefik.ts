import {
  type AliasNote,
  type AliasReading,
  type AliasRoute,
  anyHost,
  createIds,
  type Outcome,
  type RefusedRoute,
  type RouteWords,
  readFlag,
  rewrittenPath,
  shown,
} from './alias.ts'
import { sortTraefik, type TraefikLabels, type TraefikWords } from './traefik-labels.ts'
import { applyMiddlewares } from './traefik-middlewares.ts'
import { type Match, parseRule } from './traefik-rule.ts'
import { readService, serviceNotes } from './traefik-services.ts'
import { readStreamRouters } from './traefik-stream.ts'

export type TraefikReading = AliasReading & {
  /** By `traefik.enable`; null where it isn't stated. */
  readonly enable: boolean | null
}

/**
 * Routes out of Traefik's tags (v2 and v3), for routers that lead to this service. With `traefik.enable=true` and no router there
 * is one route, to the service's default name, as Traefik's default rule has it.
 */
export function readTraefik(tags: readonly string[], port: number | null): TraefikReading {
  const labels = sortTraefik(tags)
  if (labels.enable === false) return { enable: false, routes: [], refused: [], notes: [] }
  const nextId = createIds('traefik')
  const routers = [...labels.routers.http].map(([name, words]) => readRouter(name, words, labels, nextId))
  const stream = readStreamRouters(labels, nextId)
  const isBare = labels.enable === true && routers.length === 0 && !stream.isStated
  const bare = isBare ? [readRouter('', new Map(), labels, nextId)] : []
  const all = [...routers, stream, ...bare]
  return {
    enable: labels.enable,
    routes: foldRedirects(all.flatMap(({ routes }) => routes)),
    refused: all.flatMap(({ refused }) => refused),
    notes: [...labels.notes, ...serviceNotes(labels, port), ...all.flatMap(({ notes }) => notes)],
  }
}

const understood = /^(rule|rulesyntax|entrypoints|middlewares|service|tls)$/

function readRouter(
  name: string,
  words: TraefikWords,
  labels: TraefikLabels,
  nextId: (name: string) => string,
): AliasReading {
  const front = `traefik.http.routers.${shown(name)}`
  const rule = words.get('rule')
  const matches = rule === undefined ? { value: [{ hosts: null, path: null }] } : parseRule(rule)
  if ('expected' in matches) {
    const refusal = { key: `${front}.rule`, value: rule ?? '', expected: matches.expected }
    return { routes: [], refused: [{ id: nextId(name), ...refusal }], notes: [] }
  }
  const routes: AliasRoute[] = []
  const refused: RefusedRoute[] = []
  const notes = new Map<string, AliasNote>()
  for (const match of matches.value) {
    const id = nextId(name)
    const outcomes = outcomesOf(match, words, labels)
    const refusal = outcomes.flatMap(([key, one]) =>
      'refuse' in one ? [{ key, expected: one.refuse }] : [],
    )[0]
    if (refusal === undefined) routes.push({ id, values: valuesOf(outcomes) })
    else refused.push({ id, ...noteOf(front, words, refusal) })
    for (const [key, one] of outcomes) {
      if ('unsupported' in one)
        notes.set(key + one.unsupported, noteOf(front, words, { key, expected: one.unsupported }))
    }
    if (rule !== undefined && match.hosts === null)
      notes.set('host', noteOf(front, words, { key: 'rule', expected: anyHost }))
  }
  return { routes, refused, notes: [...notes.values()] }
}

/** What each label says about a match, by the rest of the label's key. */
function outcomesOf(
  match: Match,
  words: TraefikWords,
  labels: TraefikLabels,
): readonly (readonly [string, Outcome])[] {
  const { hosts, path } = match
  const place: RouteWords = {
    path: path?.text ?? '/',
    ...(path?.type === 'exact' ? { 'path-type': 'exact' } : {}),
    ...(hosts === null ? {} : { host: hosts.join(',') }),
  }
  const strange = [...words.keys()].filter((key) => !understood.test(key))
  const middlewares = applyMiddlewares(
    words.get('middlewares') ?? '',
    labels.middlewares.http,
    path?.text ?? '/',
  )
  return [
    ['rule', { words: place }],
    ['entrypoints', readEntryPoints(words)],
    ['service', readService(words.get('service'), labels)],
    ...onceEach(middlewares).map((one) => ['middlewares', one] as const),
    ...strange.map((key) => [shown(key), readStrange(key)] as const),
  ]
}

/** The last word of each; where a prefix is stripped and another added, both are one word. */
function valuesOf(outcomes: readonly (readonly [string, Outcome])[]): RouteWords {
  const all = outcomes.map(([, one]) => ('words' in one ? one.words : {}))
  const { strip, ...words } = Object.assign({}, ...all) as RouteWords
  const { path = '/', rewrite } = words
  if (rewrite === undefined) return strip === undefined ? words : { ...words, strip }
  return { ...words, rewrite: rewrittenPath(path, strip, rewrite.slice(0, rewrite.length - path.length)) }
}

function noteOf(
  front: string,
  words: TraefikWords,
  { key, expected }: { readonly key: string; readonly expected: string },
): AliasNote {
  return { key: `${front}.${key}`, value: words.get(key) ?? '', expected }
}

/** TLS options may ask clients for a certificate, without which everybody would be let in. */
function readStrange(key: string): Outcome {
  if (key === 'tls.options') return { refuse: 'no tls.options: the listener decides' }
  if (key.startsWith('tls.')) return { unsupported: 'no such label: certificates are the operator’s' }
  return key === 'priority'
    ? { unsupported: 'no priority: nginx takes the exact host, then the longest path' }
    : { unsupported: 'no such label, which has no effect here' }
}

/** Two lists of networks, or two prefixes to strip, would have to be joined; taking one of them could let in too many. */
function onceEach(outcomes: readonly Outcome[]): readonly Outcome[] {
  const words = outcomes.flatMap((one) => ('words' in one ? Object.keys(one.words) : []))
  const twice = words.find((word, at) => words.indexOf(word) !== at)
  if (twice !== undefined) return [{ refuse: `one middleware only that says ${twice}` }]
  const isTurned = words.includes('strip') && words.indexOf('strip') > words.indexOf('rewrite')
  return isTurned && words.includes('rewrite') ? [{ refuse: 'stripPrefix before addPrefix' }] : outcomes
}

const plainPoints = ['web', 'http']
const securePoints = ['websecure', 'https']

/** An entry point of another name may be one that only some can reach, so a guess could let everybody in. */
function readEntryPoints(words: TraefikWords): Outcome {
  const points = (words.get('entrypoints') ?? '').split(',').map((one) => one.trim().toLowerCase())
  const stated = points.filter((one) => one !== '')
  if (!stated.every((one) => plainPoints.includes(one) || securePoints.includes(one)))
    return {
      refuse: 'entry points web, http, websecure or https; others can be said by nginx.listen and nginx.host',
    }
  if (isSecured(words)) return { words: { https: 'only' } }
  const plain = stated.some((one) => plainPoints.includes(one))
  const secure = stated.some((one) => securePoints.includes(one))
  if (plain === secure) return { words: {} }
  return { words: { https: plain ? 'off' : 'only' } }
}

function isSecured(words: TraefikWords): boolean {
  const tls = words.get('tls')
  if (tls !== undefined && readFlag(tls) === false) return false
  return tls !== undefined || [...words.keys()].some((key) => key.startsWith('tls.'))
}

/**
 * Traefik needs two routers to send clients to HTTPS, one of which has nothing but the redirect. Here that is one route: the
 * redirecting one is dropped where another serves the same place with TLS.
 */
function foldRedirects(routes: readonly AliasRoute[]): readonly AliasRoute[] {
  const placeOf = ({ values }: AliasRoute) => JSON.stringify([values.host, values.path, values['path-type']])
  const isRedirect = ({ values }: AliasRoute) => values.https === 'redirect'
  const redirected = new Set(routes.filter(isRedirect).map(placeOf))
  const secured = new Set(routes.filter(({ values }) => values.https === 'only').map(placeOf))
  return routes
    .filter((route) => !isRedirect(route) || !secured.has(placeOf(route)))
    .map((route) => {
      if (route.values.https !== 'only' || !redirected.has(placeOf(route))) return route
      return { ...route, values: { ...route.values, https: 'redirect' } }
    })
}
