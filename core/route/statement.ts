import { routingTag } from '../catalog/entry.ts'
import type { AliasNote, RefusedRoute } from './aliases/alias.ts'
import { type AliasSource, readAliases } from './aliases/read-aliases.ts'
import { keyPrefix } from './keys.ts'

/** What a service states about its routing, as text by canonical key. */
export type Labels = Readonly<Record<string, string>>

/** What one instance states about routing, in our words whatever it said it in. */
export type Statement = {
  readonly labels: Labels
  /** By `nginx-enable`, else by the routing tag, by stating a host or path, or by the words of another proxy. */
  readonly optedIn: boolean
  /** The ids of the routes that were stated in the words of another proxy. */
  readonly aliases: readonly string[]
  readonly refused: readonly RefusedRoute[]
  readonly notes: readonly AliasNote[]
}

/**
 * Reads what an instance says of its routes: service meta, then tags `nginx.…`, then the words of other proxies. Those count only
 * where neither of the former states a host, tcp or udp, or a route by name; every other word of ours holds for their routes too.
 */
export function readStatement(source: AliasSource): Statement {
  const own = ownLabels(source)
  const aliases = readAliases(source)
  const optedIn = wish(own, source.tags) ?? aliases.wish === 'wanted'
  if (statesRoutes(own)) {
    return { labels: own, optedIn, aliases: [], refused: [], notes: [] }
  }
  const isStated = (word: string) => Object.hasOwn(own, keyPrefix + word)
  // Of these two only one can hold.
  const other: Readonly<Record<string, string>> = { strip: 'rewrite', rewrite: 'strip' }
  const added = aliases.routes.map(({ id, values }) => ({
    id,
    labels: Object.entries(values)
      .filter(([word]) => !isStated(word) && !isStated(other[word] ?? word))
      .map(([word, value]) => [`${routePrefix(id)}${word}`, value] as const),
  }))
  return {
    labels: { ...own, ...Object.fromEntries(added.flatMap(({ labels }) => labels)) },
    optedIn,
    aliases: added.filter(({ labels }) => labels.length > 0).map(({ id }) => id),
    refused: aliases.refused,
    notes: aliases.notes,
  }
}

/** A host, or tcp or udp, which need none; or any word of a named route. */
function statesRoutes(own: Labels): boolean {
  const isStream = own['nginx-proto'] === 'tcp' || own['nginx-proto'] === 'udp'
  return (
    isStream || Object.keys(own).some((key) => key === 'nginx-host' || key.startsWith(`${keyPrefix}route-`))
  )
}

/** What the keys of a named route begin with. */
export function routePrefix(id: string): string {
  return `${keyPrefix}route-${id}-`
}

/** Meta wins over a tag of the same key: tags can't be taken apart where a value holds a comma or an equals sign. */
function ownLabels({ tags, meta }: AliasSource): Labels {
  const stated = Object.entries(meta).filter(([key]) => key.startsWith(keyPrefix))
  return Object.fromEntries([...tags.flatMap(tagLabel), ...stated])
}

/** A tag `nginx.route.a.host=…` states the key `nginx-route-a-host`. */
function tagLabel(tag: string): readonly (readonly [string, string])[] {
  const at = tag.indexOf('=')
  if (!tag.startsWith('nginx.') || at === -1) return []
  return [[tag.slice(0, at).replaceAll('.', '-'), tag.slice(at + 1)]]
}

/** What our own words say; null where they say nothing. */
function wish(own: Labels, tags: readonly string[]): boolean | null {
  const enable = own['nginx-enable']?.trim().toLowerCase()
  if (enable) return ['true', '1', 'yes'].includes(enable)
  const isStated = Object.keys(own).some((key) => /^nginx-(route-.+-)?(host|path)$/.test(key))
  return tags.includes(routingTag) || isStated ? true : null
}
