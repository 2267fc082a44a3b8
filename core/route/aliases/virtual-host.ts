import { readHost } from '../fields.ts'
import { type AliasNote, type AliasReading, noAliases, type RefusedRoute, type RouteWords } from './alias.ts'

/** The words of nginx-proxy that are read, under the same names in the environment of a container and in service meta. */
export const virtualWords = [
  'VIRTUAL_HOST',
  'VIRTUAL_PATH',
  'VIRTUAL_DEST',
  'VIRTUAL_PORT',
  'VIRTUAL_PROTO',
  'HTTPS_METHOD',
  'CERT_NAME',
  'HSTS',
  'NETWORK_ACCESS',
] as const
type VirtualWord = (typeof virtualWords)[number]

type Meta = Readonly<Record<string, string>>

export function isVirtualHost(meta: Meta): boolean {
  return Object.hasOwn(meta, 'VIRTUAL_HOST') && (meta.VIRTUAL_HOST ?? '').trim() !== ''
}

/** The one route of `VIRTUAL_HOST` and its companions. `VIRTUAL_PORT` chose the container's port when it was registered. */
export function readVirtualHost(meta: Meta): AliasReading {
  if (!isVirtualHost(meta)) return noAliases
  const word = (name: VirtualWord) => (Object.hasOwn(meta, name) ? (meta[name] ?? '').trim() : '')
  const refuse = (name: VirtualWord, expected: string): RefusedRoute => ({
    id: 'virtual',
    ...{ key: name, value: word(name), expected },
  })
  const { hosts, notes } = readHosts(word('VIRTUAL_HOST'))
  const method = httpsOf(word('HTTPS_METHOD'))
  const refused = [
    ...(hosts.length === 0 ? [refuse('VIRTUAL_HOST', 'at least one host name')] : []),
    ...(method === null ? [refuse('HTTPS_METHOD', 'redirect, noredirect, nohttp or nohttps')] : []),
    ...(['', 'external'].includes(word('NETWORK_ACCESS'))
      ? []
      : [refuse('NETWORK_ACCESS', 'external; which networks are internal is said by nginx.allow')]),
  ].slice(0, 1)
  const path = word('VIRTUAL_PATH') || '/'
  const hsts = hstsOf(word('HSTS'))
  const values: RouteWords = {
    ...{ host: hosts.join(','), path, ...method, ...hsts.words },
    ...destOf(word('VIRTUAL_DEST'), path),
    ...(word('VIRTUAL_PROTO') === '' ? {} : { proto: word('VIRTUAL_PROTO') }),
    ...(word('CERT_NAME') === '' ? {} : { cert: word('CERT_NAME') }),
  }
  const routes = refused.length === 0 ? [{ id: 'virtual', values }] : []
  return { routes, refused, notes: [...notes, ...hsts.notes] }
}

/** One host that can't be served leaves the others their route. */
function readHosts(text: string): { hosts: readonly string[]; notes: readonly AliasNote[] } {
  const hosts: string[] = []
  const notes: AliasNote[] = []
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue
    const reading = readHost(item)
    if ('value' in reading) hosts.push(reading.value)
    else notes.push({ key: 'VIRTUAL_HOST', value: item, expected: `${reading.expected}, no pattern` })
  }
  return { hosts, notes }
}

const httpsMethods: Readonly<Record<string, RouteWords>> = {
  '': {},
  redirect: { https: 'redirect' },
  noredirect: { https: 'on' },
  nohttp: { https: 'only' },
  nohttps: { https: 'off' },
}

function httpsOf(method: string): RouteWords | null {
  return Object.hasOwn(httpsMethods, method) ? (httpsMethods[method] ?? null) : null
}

/** What takes the place of the path: `/` strips it; the path itself changes nothing. */
function destOf(dest: string, path: string): RouteWords {
  const same = (text: string) => text.replace(/\/$/, '')
  if (dest === '' || same(dest) === same(path)) return {}
  return dest === '/' ? { strip: 'true' } : { rewrite: dest }
}

/** nginx-proxy takes the whole header; here it is the time and whether subdomains are meant. */
function hstsOf(header: string): { words: RouteWords; notes: readonly AliasNote[] } {
  if (header === '' || header === 'off') return { words: header === '' ? {} : { hsts: 'off' }, notes: [] }
  const parts = header.split(';').map((part) => part.trim().toLowerCase())
  const [, seconds] = /^max-age=(\d+)$/.exec(parts[0] ?? '') ?? []
  const others = parts.slice(1).filter((part) => part !== '' && part !== 'includesubdomains')
  if (seconds === undefined || others.length > 0) {
    const expected = 'off, or max-age=<seconds>, with "; includeSubDomains" if wanted; preload is not offered'
    return { words: {}, notes: [{ key: 'HSTS', value: header, expected }] }
  }
  const hsts = parts.includes('includesubdomains') ? `${seconds}s; includeSubDomains` : `${seconds}s`
  return { words: { hsts }, notes: [] }
}
