import { byText } from '../../canonical.ts'
import { type AliasReading, noAliases, statesRoutes } from './alias.ts'
import { isFabioTag, readFabio } from './fabio.ts'
import { readTraefik } from './traefik.ts'
import { isTraefikRouting } from './traefik-labels.ts'
import { isVirtualHost, readVirtualHost } from './virtual-host.ts'

export type AliasSource = {
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly datacenter: string
  /** The instance's own; null where it isn't known yet. */
  readonly port: number | null
}

/** Whether routes are wanted by the words of another proxy: `kept-out` where `traefik.enable` says no, whatever others say. */
export type AliasWish = 'wanted' | 'unstated' | 'kept-out'

export type Aliases = AliasReading & { readonly wish: AliasWish }

const unstated: Aliases = { ...noAliases, wish: 'unstated' }

/** Whether a tag by itself makes a service want routes. */
export function isAliasTag(tag: string): boolean {
  return isFabioTag(tag) || isTraefikRouting(tag)
}

/** The routes of the first that states any: Traefik's words, then fabio's, then nginx-proxy's. */
export function readAliases({ tags, meta, datacenter, port }: AliasSource): Aliases {
  // Almost every instance states nothing of the kind, and this is read for each of them.
  const isTraefik = tags.some((tag) => /^traefik\./i.test(tag))
  if (!isTraefik && !isVirtualHost(meta) && !tags.some(isFabioTag)) return unstated
  const sorted = [...new Set(tags)].sort(byText)
  const traefik = readTraefik(sorted, port)
  if (traefik.enable === false) return { ...noAliases, wish: 'kept-out' }
  const stated = [
    ...(tags.some((tag) => /^traefik\.(http|tcp|udp)\.routers\./i.test(tag)) ? [traefik] : []),
    readFabio(sorted, datacenter),
    readVirtualHost(meta),
    traefik,
  ].find(statesRoutes)
  if (stated === undefined) return unstated
  const { routes, refused, notes } = stated
  return { routes, refused, notes, wish: 'wanted' }
}
