import { type AliasNote, readFlag, shown } from './alias.ts'

export type TraefikProtocol = 'http' | 'tcp' | 'udp'

/** What is stated of one router, service or middleware, by the rest of the key in lower case. */
export type TraefikWords = ReadonlyMap<string, string>

/** The tags `traefik.…=value` of one instance, sorted out; names and keys are in lower case, as case makes no difference. */
export type TraefikLabels = {
  /** Null where `traefik.enable` isn't stated. */
  readonly enable: boolean | null
  readonly routers: Readonly<Record<TraefikProtocol, ReadonlyMap<string, TraefikWords>>>
  readonly services: Readonly<Record<TraefikProtocol, ReadonlyMap<string, TraefikWords>>>
  readonly middlewares: Readonly<Record<TraefikProtocol, ReadonlyMap<string, TraefikWords>>>
  readonly notes: readonly AliasNote[]
}

const keyPattern = /^traefik\.(http|tcp|udp)\.(routers|services|middlewares)\.([^.]+)\.(.+)$/

/** Whether a tag lets a service take part in routing by Traefik's words. */
export function isTraefikRouting(tag: string): boolean {
  if (!/^traefik\./i.test(tag)) return false
  const { key, value } = splitLabel(tag)
  return key === 'traefik.enable'
    ? readFlag(value) === true
    : /^traefik\.(http|tcp|udp)\.routers\.[^.]+\./.test(key)
}

/** The key in lower case and the value of a tag `key=value`. */
export function splitLabel(tag: string): { readonly key: string; readonly value: string } {
  const at = tag.indexOf('=')
  const key = at === -1 ? tag : tag.slice(0, at)
  return { key: key.trim().toLowerCase(), value: at === -1 ? '' : tag.slice(at + 1) }
}

export function sortTraefik(tags: readonly string[]): TraefikLabels {
  const kinds = { routers: emptyKind(), services: emptyKind(), middlewares: emptyKind() }
  const notes: AliasNote[] = []
  let enable: boolean | null = null
  for (const tag of tags.filter((one) => /^traefik\./i.test(one))) {
    const { key, value } = splitLabel(tag)
    const [, protocol, kind, name = '', rest = ''] = keyPattern.exec(key) ?? []
    if (key === 'traefik.enable') {
      // What can't be understood keeps out, as a typing error in `false` must not let in.
      enable = enable !== false && readFlag(value) === true
      if (readFlag(value) === null) notes.push({ key, value, expected: 'true or false' })
    } else if (isProtocol(protocol) && isKind(kind)) {
      const names = kinds[kind][protocol]
      const words = names.get(name) ?? new Map<string, string>()
      names.set(name, words.set(rest, value))
    } else if (!key.startsWith('traefik.docker.')) {
      notes.push({ key: shown(key), value: '', expected: 'no such label, which has no effect here' })
    }
  }
  return { enable, ...kinds, notes }
}

type Kind = Record<TraefikProtocol, Map<string, Map<string, string>>>

function emptyKind(): Kind {
  return { http: new Map(), tcp: new Map(), udp: new Map() }
}

function isProtocol(text: string | undefined): text is TraefikProtocol {
  return text === 'http' || text === 'tcp' || text === 'udp'
}

function isKind(text: string | undefined): text is 'routers' | 'services' | 'middlewares' {
  return text === 'routers' || text === 'services' || text === 'middlewares'
}
