import { type AliasNote, type Outcome, type RouteWords, readFlag, shown } from './alias.ts'
import type { TraefikLabels, TraefikWords } from './traefik-labels.ts'

const schemes = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['h2c', 'grpc'],
])

/** A router may lead to a service that these labels state, or to the one that they don't name. */
export function readService(name: string | undefined, { services: { http } }: TraefikLabels): Outcome {
  const stated = name
    ?.trim()
    .toLowerCase()
    .replace(/@(consulcatalog|ecs|docker|swarm|nomad)$/, '')
  if (stated?.includes('@')) return { refuse: 'the service that states the label, not one from elsewhere' }
  const only = http.size === 1 ? [...http.values()][0] : undefined
  const words = stated === undefined ? only : http.get(stated)
  if (words === undefined) return { words: {} }
  const scheme = words.get('loadbalancer.server.scheme')?.trim().toLowerCase()
  const proto = scheme === undefined ? undefined : schemes.get(scheme)
  if (scheme !== undefined && proto === undefined) return { refuse: 'the scheme http, https or h2c' }
  return { words: { ...(proto === undefined ? {} : { proto }), ...stickyOf(words) } }
}

/** Traefik makes up a name where none is stated. Clients get the cookie anew, so any will do. */
function stickyOf(words: TraefikWords): RouteWords {
  const isOn = readFlag(words.get('loadbalancer.sticky.cookie') ?? '') === true
  const name = words.get('loadbalancer.sticky.cookie.name')
  if (name !== undefined) return { sticky: name }
  return isOn || words.has('loadbalancer.sticky') ? { sticky: 'sticky' } : {}
}

const served = [
  'loadbalancer.server.scheme',
  'loadbalancer.sticky',
  'loadbalancer.sticky.cookie',
  'loadbalancer.sticky.cookie.name',
]

/** What is stated of services and has no effect. */
export function serviceNotes({ services }: TraefikLabels, port: number | null): readonly AliasNote[] {
  return [...services.http].flatMap(([name, words]) =>
    [...words]
      .filter(([key, value]) => !isServed(key, value, port))
      .map(([key]) => ({
        key: `traefik.http.services.${shown(name)}.${shown(key)}`,
        ...noteOf(key, words.get(key) ?? ''),
      })),
  )
}

/** An instance is reached at the port that it is registered with; that the host is passed on is the rule here. */
function isServed(key: string, value: string, port: number | null): boolean {
  if (key === 'loadbalancer.server.port') return port === null || value.trim() === String(port)
  if (key === 'loadbalancer.passhostheader') return readFlag(value) === true
  return served.includes(key)
}

function noteOf(key: string, value: string): { readonly value: string; readonly expected: string } {
  return key === 'loadbalancer.server.port'
    ? { value, expected: 'the port that the instance is registered with, which is used' }
    : { value: '', expected: 'no such label, which has no effect here' }
}
