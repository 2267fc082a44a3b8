import {
  type AliasNote,
  type AliasReading,
  type AliasRoute,
  type RefusedRoute,
  readFlag,
  shown,
} from './alias.ts'
import type { TraefikLabels, TraefikWords } from './traefik-labels.ts'

/** Routers of TCP and UDP. An entry point's name says no port, so the listener is the only one, or that of `nginx.listen`. */
export function readStreamRouters(
  { routers, services }: TraefikLabels,
  nextId: (name: string) => string,
): AliasReading & { readonly isStated: boolean } {
  const routes: AliasRoute[] = []
  const refused: RefusedRoute[] = []
  const notes: AliasNote[] = []
  for (const proto of ['tcp', 'udp'] as const) {
    for (const [name, words] of routers[proto]) {
      const front = `traefik.${proto}.routers.${shown(name)}`
      const id = nextId(`${proto}-${name}`)
      const refusal = proto === 'tcp' ? refusalOf(words) : null
      if (refusal === null) routes.push({ id, values: { proto } })
      else {
        const { key, expected } = refusal
        refused.push({ id, key: `${front}.${key}`, value: words.get(key) ?? '', expected })
      }
      notes.push(...notesOf(front, words))
    }
    for (const [name, words] of services[proto]) {
      const unknown = [...words.keys()].filter((key) => key !== 'loadbalancer.server.port')
      notes.push(...unknown.map((key) => nothing(`traefik.${proto}.services.${shown(name)}.${shown(key)}`)))
    }
  }
  return { routes, refused, notes, isStated: routes.length + refused.length > 0 }
}

/** A condition, TLS or a middleware of TCP decides who gets through; none of them can be left out. */
function refusalOf(words: TraefikWords): { readonly key: string; readonly expected: string } | null {
  const rule = words.get('rule')
  if (rule !== undefined && !/^\s*HostSNI\(\s*(`\*`|"\*")\s*\)\s*$/i.test(rule))
    return { key: 'rule', expected: 'HostSNI(`*`)' }
  if ((words.get('middlewares') ?? '').trim() !== '')
    return { key: 'middlewares', expected: 'no middlewares; networks can be said by nginx.allow' }
  const secured = [...words].find(
    ([key, value]) => /^tls($|\.)/.test(key) && !(key === 'tls' && readFlag(value) === false),
  )
  if (secured === undefined || readFlag(words.get('tls.passthrough') ?? '') === true) return null
  return { key: shown(secured[0]), expected: 'tls.passthrough=true: TLS of TCP routes is not ended here' }
}

function notesOf(front: string, words: TraefikWords): readonly AliasNote[] {
  const points = words.get('entrypoints')
  const point = {
    key: `${front}.entrypoints`,
    value: points ?? '',
    expected: "nginx.listen, where there are several listeners: an entry point's name says no port",
  }
  const unknown = [...words.keys()].filter(
    (key) => !/^(rule|rulesyntax|entrypoints|service|middlewares|tls|tls\.passthrough)$/.test(key),
  )
  return [
    ...(points === undefined ? [] : [point]),
    ...unknown.map((key) => nothing(`${front}.${shown(key)}`)),
  ]
}

function nothing(key: string): AliasNote {
  return { key, value: '', expected: 'no such label, which has no effect here' }
}
