import type { UpstreamSettings } from '../../release/layout.ts'
import { canResolve } from '../../render/can-resolve.ts'
import type { EndpointMode, NginxCapability } from '../nginx-version.ts'

/** How upstream servers reach nginx; `why` says what keeps a host from resolving them, and is empty where the operator chose so. */
export type ChosenMode = { readonly mode: EndpointMode; readonly why: string }

/** What the operator may ask for: `auto` resolves wherever nginx can. */
export type WantedMode = EndpointMode | 'auto'

export function chooseMode(
  wanted: WantedMode,
  { version, resolve }: Pick<NginxCapability, 'version' | 'resolve'>,
): ChosenMode {
  if (wanted === 'static' || (wanted === 'auto' && resolve))
    return { mode: wanted === 'static' ? 'static' : 'resolve', why: '' }
  if (resolve) return { mode: 'resolve', why: '' }
  const why = `nginx ${version} can't resolve upstream servers: 1.27.3 or later, with the upstream zone modules, can`
  return { mode: 'static', why: wanted === 'resolve' ? `mode is "resolve", but ${why}` : why }
}

/** One connection in so many may go to resolvers: the rest is for clients and servers. */
const resolverShare = 4

/**
 * Why a layout must be static on a host that could resolve it; null where it needn't. In one worker each resolved upstream holds a
 * connection to the DNS server; with too many of them the worker would have none left for requests.
 */
export function tooManyToResolve(settings: readonly UpstreamSettings[], mainConf: string): string | null {
  const stated = /^[^#\n]*\bworker_connections\s+(\d+)\s*;/m.exec(mainConf)?.[1]
  const connections = stated === undefined ? 512 : Number(stated)
  const count = settings.filter(canResolve).length
  if (count * resolverShare <= connections) return null
  return `${count} upstreams would take more than a quarter of the ${connections} worker_connections for DNS: set at least ${count * resolverShare}`
}
