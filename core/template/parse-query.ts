import { byText } from '../canonical.ts'
import { nearest } from '../settings/nearest.ts'
import { shownValue } from './failure.ts'
import {
  isStatus,
  type KeyNeed,
  type NodeNeed,
  type PlaceNeed,
  type ServiceNeed,
  type Status,
  statuses,
} from './need.ts'

type Parts = {
  readonly subject: string
  readonly datacenter: string | null
  /** Null where the query has no `|`. */
  readonly filter: string | null
}

/**
 * Reads `<tag>.<name>@<dc>|<status,status>`; the last dot ends the tag, so a name with a dot needs `name=`. Throws TypeError for what can't be read
 * or can't be honoured.
 */
export function parseServiceQuery(query: string, datacenter: string): ServiceNeed {
  const { subject, datacenter: stated, filter } = partsOf(query)
  const dot = subject.lastIndexOf('.')
  const name = subject.slice(dot + 1)
  const tag = dot === -1 ? null : subject.slice(0, dot)
  if (!/^[\w-]+$/.test(name))
    throw new TypeError(
      `${shownValue(query)} names no service: a name has letters, digits, - and _; write name="…" for any other`,
    )
  if (tag !== null && !/^[\w=:.-]+$/.test(tag))
    throw new TypeError(`${shownValue(tag)} is no tag: write name="…" tag="…" for one with such characters`)
  return serviceNeed(name, tag, stated ?? datacenter, filter)
}

/** The same from single words, of any characters. */
export function serviceNeed(
  name: string,
  tag: string | null,
  datacenter: string,
  filter: string | null,
): ServiceNeed {
  return {
    kind: 'service',
    name: printable(name, 'a service name'),
    tag: tag === null ? null : printable(tag, 'a tag'),
    datacenter: datacenterName(datacenter),
    statuses: parseFilter(filter),
  }
}

/** Reads `<name>@<dc>` of a node. */
export function parseNodeQuery(query: string, datacenter: string): NodeNeed {
  const { subject, datacenter: stated } = partsOf(query, 'node')
  return {
    kind: 'node',
    name: printable(subject, 'a node name'),
    datacenter: datacenterName(stated ?? datacenter),
  }
}

/** Reads `@<dc>` or nothing: all that a question for all services or nodes can say. */
export function parsePlaceQuery(kind: PlaceNeed['kind'], query: string, datacenter: string): PlaceNeed {
  const { subject, datacenter: stated } = partsOf(query, kind)
  if (subject !== '') throw new TypeError(`${shownValue(query)}: ${kind} takes nothing but @<datacenter>`)
  return { kind, datacenter: datacenterName(stated ?? datacenter) }
}

/**
 * Reads `<path>@<dc>`; a leading slash is dropped as Consul's KV has none. A folder's path gets the slash at its end that keeps
 * `app` from naming `apple/x` too.
 */
export function parseKeyQuery(kind: KeyNeed['kind'], query: string, datacenter: string): KeyNeed {
  const at = query.lastIndexOf('@')
  const stated = at === -1 ? query : query.slice(0, at)
  const where = at === -1 ? datacenter : query.slice(at + 1)
  const [bare = '', options] = stated.split('?')
  if (options !== undefined) refuseOptions(options, query)
  const path = printable(bare.replace(/^\//, ''), kind === 'key' ? 'a key' : 'a folder of keys')
  const whole = kind === 'key' || path.endsWith('/') ? path : `${path}/`
  return { kind, path: whole, datacenter: datacenterName(where) }
}

function partsOf(query: string, kind = 'service'): Parts {
  const [, subject = '', options, datacenter, near, filter] =
    /^([^?@~|]*)(?:\?([^@~|]*))?(?:@([^~|]*))?(?:~([^|]*))?(?:\|(.*))?$/su.exec(query) ?? []
  if (options !== undefined) refuseOptions(options, query)
  if (near !== undefined)
    throw new TypeError(
      `${shownValue(query)}: ~${near} can't be honoured, since one rendering serves all hosts; leave it out`,
    )
  if (filter !== undefined && kind !== 'service')
    throw new TypeError(`${shownValue(query)}: only services are filtered by status`)
  return { subject, datacenter: datacenter ?? null, filter: filter ?? null }
}

function refuseOptions(options: string, query: string): never {
  const [name = ''] = options.split('=')
  const known = ['ns', 'partition', 'peer', 'sameness-group'].includes(name)
  throw new TypeError(
    known
      ? `${shownValue(query)}: ?${name}= can't be honoured, since a publisher reads one namespace and partition; leave it out`
      : `${shownValue(query)}: ?${options} is not known; a query is <tag>.<name>@<datacenter>|<status>`,
  )
}

function parseFilter(filter: string | null): readonly (Status | 'any')[] {
  if (filter === null) return ['passing']
  const words = filter.split(',').map((word) => word.trim())
  const bad = words.find((word) => word !== 'any' && !isStatus(word))
  if (bad !== undefined) {
    const known = ['any', ...statuses]
    const meant = nearest(bad, known)
    const hint = meant === null ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
    throw new TypeError(`${shownValue(bad)} is no status; ${hint}`)
  }
  if (words.includes('any')) return ['any']
  return [...new Set(words.filter(isStatus))].sort(byText)
}

function datacenterName(text: string): string {
  if (/^[a-z0-9_-]{1,64}$/.test(text)) return text
  throw new TypeError(`${shownValue(text)} is no datacenter: a name such as dc1`)
}

function printable(text: string, what: string): string {
  if (/^[^\p{C}]{1,256}$/u.test(text)) return text
  throw new TypeError(`${shownValue(text)} is not ${what}: expected 1 to 256 printable characters`)
}
