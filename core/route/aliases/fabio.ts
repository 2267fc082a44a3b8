import { readHost, readPath, readPort } from '../fields.ts'
import {
  type AliasNote,
  type AliasReading,
  type AliasRoute,
  anyHost,
  createIds,
  type Outcome,
  type RefusedRoute,
  type RouteWords,
  rewrittenPath,
  shown,
} from './alias.ts'

const prefix = 'urlprefix-'

/** Whether fabio takes the tag for a route. */
export function isFabioTag(tag: string): boolean {
  return tag.trimStart().startsWith(prefix)
}

/**
 * Routes out of fabio's tags `urlprefix-host/path opt=value …` and `urlprefix-:port proto=tcp`, one per tag. `$DC` stands for the
 * datacenter. What an option does that we have no word for is told by its name; where leaving it out would let in whom fabio
 * keeps out, the route is refused.
 */
export function readFabio(tags: readonly string[], datacenter: string): AliasReading {
  const nextId = createIds('fabio')
  const routes: AliasRoute[] = []
  const refused: RefusedRoute[] = []
  const notes: AliasNote[] = []
  for (const tag of tags.filter(isFabioTag)) {
    const text = tag.trim().slice(prefix.length).trim()
    const [place = '', ...options] = text.split(/\s+/)
    const id = nextId(place)
    const note = (expected: string) => ({ key: prefix + shown(place), value: tag, expected })
    const outcomes = [readPlace(place, datacenter), ...options.map(readOption)]
    const refusal = outcomes.flatMap((one) => ('refuse' in one ? [one.refuse] : []))[0]
    const stated = Object.assign(
      {},
      ...outcomes.map((one) => ('words' in one ? one.words : {})),
    ) as RouteWords
    const words = withPrepended(stated)
    const expected = refusal ?? contradiction(words)
    if (expected !== null) refused.push({ id, ...note(expected) })
    else routes.push({ id, values: words })
    notes.push(...outcomes.flatMap((one) => ('unsupported' in one ? [note(one.unsupported)] : [])))
    if (expected === null && words.host === undefined && !isStream(words)) notes.push(note(anyHost))
  }
  return { routes: foldRedirects(routes), refused, notes }
}

function readPlace(place: string, datacenter: string): Outcome {
  if (place.startsWith(':')) {
    const port = readPort(place.slice(1))
    if ('expected' in port) return { refuse: `a port after the colon, ${port.expected}` }
    return { words: { listen: String(port.value), proto: 'tcp' } }
  }
  const at = place.indexOf('/')
  if (at === -1) return { refuse: 'a host followed by a slash, like example.com/' }
  const expand = (text: string) => text.replace(/\$(?:DC\b|\{DC\})/g, () => datacenter)
  const [host = '', port] = expand(place.slice(0, at)).split(/:(?=\d+$)/)
  const path = readPath(expand(place.slice(at)))
  if ('expected' in path) return { refuse: path.expected }
  const name = host === '' ? null : readHost(host)
  if (name !== null && 'expected' in name) return { refuse: name.expected }
  return {
    words: {
      path: path.value,
      ...(name === null ? {} : { host: name.value }),
      ...(port === undefined ? {} : { listen: port }),
    },
  }
}

const options: Readonly<Record<string, (value: string) => Outcome>> = {
  strip: (value) => ({ words: { strip: value } }),
  proto: (value) =>
    ['http', 'https', 'tcp', 'grpc', 'grpcs'].includes(value)
      ? { words: { proto: value } }
      : { refuse: 'proto=http, https, tcp, grpc or grpcs' },
  weight: readWeight,
  allow: (value) => readNetworks('allow', value),
  deny: (value) => readNetworks('deny', value),
  auth: () => ({ refuse: 'no auth=: nginx would let everybody in' }),
  redirect: readRedirect,
  // Until the whole tag is read this holds what is to be put before the path.
  prepend: (value) => ({ words: { rewrite: value } }),
  // The certificates of servers aren't verified anyhow, as nginx has it by default.
  tlsskipverify: () => ({ words: {} }),
}

function readOption(option: string): Outcome {
  const at = option.indexOf('=')
  const name = at === -1 ? option : option.slice(0, at)
  const read = Object.hasOwn(options, name) ? options[name] : undefined
  return read?.(option.slice(at + 1)) ?? { unsupported: `no ${shown(name)}=, which has no effect here` }
}

/** A part of 1; services that state one for the same place share it. 0 leaves it to fabio, and so to the default here. */
function readWeight(value: string): Outcome {
  const part = /^\d{0,3}(\.\d{1,6})?$/.test(value) && value !== '' ? Number(value) : Number.NaN
  if (!(part >= 0 && part <= 1)) return { refuse: 'weight= a part from 0 to 1, like 0.25' }
  if (part === 0) return { words: {} }
  return { words: { weight: String(Math.max(1, Math.round(part * 100))), group: 'fabio' } }
}

function readNetworks(word: 'allow' | 'deny', value: string): Outcome {
  const items = value.split(',')
  if (!items.every((item) => item.startsWith('ip:')))
    return { refuse: `${word}= networks, each as ip:10.0.0.0/8` }
  return { words: { [word]: items.map((item) => item.slice('ip:'.length)).join(',') } }
}

/** `$path` is the request's own path and query; without it every request is sent to the one address. */
function readRedirect(value: string): Outcome {
  return { words: { redirect: value.replace(/\$path$/, '$request_uri') } }
}

/** fabio puts `prepend=` before what `strip=` left; here both are one word. */
function withPrepended({ strip, ...words }: RouteWords): RouteWords {
  const { path, rewrite } = words
  if (rewrite === undefined || path === undefined) return strip === undefined ? words : { ...words, strip }
  return { ...words, rewrite: rewrittenPath(path, strip, rewrite) }
}

/**
 * In fabio a place with a port (`a.test:80/ redirect=301,https://a.test$path`) comes beside the one that is served. Here that is one
 * route, which redirects on the listeners without TLS; alone it is kept from the listeners with TLS, where it would lead back.
 */
function foldRedirects(routes: readonly AliasRoute[]): readonly AliasRoute[] {
  const placeOf = ({ values }: AliasRoute) => `${values.host}${values.path}`
  const isUpgrade = ({ values: { host, listen, redirect } }: AliasRoute) =>
    listen !== undefined && redirect?.replace(/^\d+,/, '') === `https://${host}$request_uri`
  const isPlain = ({ values }: AliasRoute) => values.listen === undefined && values.redirect === undefined
  const upgraded = new Set(routes.filter(isUpgrade).map(placeOf))
  const served = new Set(routes.filter(isPlain).map(placeOf))
  return routes
    .filter((route) => !isUpgrade(route) || !served.has(placeOf(route)))
    .map((route) => {
      const https = isUpgrade(route)
        ? 'off'
        : isPlain(route) && upgraded.has(placeOf(route))
          ? 'redirect'
          : null
      return https === null ? route : { ...route, values: { ...route.values, https } }
    })
}

function isStream({ proto }: RouteWords): boolean {
  return proto === 'tcp'
}

/** A place with a path can't be a TCP route, nor a port alone a web route. */
function contradiction(words: RouteWords): string | null {
  if (isStream(words) === (words.path === undefined)) return null
  return isStream(words) ? 'proto=tcp with :port alone' : ':port with proto=tcp only'
}
