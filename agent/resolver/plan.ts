import type { Installed, Resolved } from '../../core/host/host-state.ts'
import { type ResolvePlan, resolvePlan } from '../../core/host/resolve/resolve-plan.ts'
import { type StaleSeeds, staleSeeds } from '../../core/host/resolve/stale-seeds.ts'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import type { Content } from '../content.ts'
import type { Host } from '../host.ts'
import type { Candidate } from './resolver.ts'

export type Resolving = Installed & { readonly resolved: Resolved }

export function isResolving(installed: Installed | null): installed is Resolving {
  return installed?.resolved !== undefined
}

/** How a candidate gets into use on this host now. */
export async function planFor(host: Host, candidate: Candidate): Promise<ResolvePlan> {
  const { resolver, memory, state, elapsed } = host
  const { confirmed, pending } = state.current
  if (!isResolving(confirmed) || pending !== null || !memory.whole.is) return { kind: 'reload' }
  const wanted = candidate.content.installed.resolved?.configId ?? ''
  const { resolved } = confirmed
  candidate.stale ??=
    wanted === resolved.configId ? await lookAtSeeds(host, candidate.content, resolved) : null
  const stale = candidate.stale ?? { gone: [], reused: [] }
  return resolvePlan({
    wanted,
    confirmed: resolved.configId,
    stale,
    seedsAgeMs: elapsed() - resolver.seedsAt,
  })
}

async function lookAtSeeds({ blobs }: Host, content: Content, { seeds }: Resolved): Promise<StaleSeeds> {
  const { layout, endpoints, installed } = content
  if (installed.endpoints.sha256 === seeds.sha256) return { gone: [], reused: [] }
  const loaded = await blobs.held(seeds)
  // Not known any more, they may be anything: new ones put an end to it.
  if (loaded === null) return { gone: ['all that were loaded, which are no longer on disk'], reused: [] }
  return staleSeeds(layout.upstreams, parseEndpoints(loaded.toString()), endpoints)
}

/** What to say of a configuration that has to be loaded; empty where that is plain. */
export function whyLoaded({ resolver, state }: Host, plan: ResolvePlan, { installed }: Content): string {
  const { confirmed } = state.current
  if (plan.kind === 'seeds') return plan.why
  if (confirmed !== null && isResolving(installed) && !isResolving(confirmed))
    return 'nginx resolves upstream servers now'
  const zones = [...resolver.overflowed].sort().join(', ')
  return zones === '' ? '' : `nginx had no memory for the addresses of ${zones}: the zone is larger now`
}
