import { isSameTarget, type Target } from '../../core/host/choose-target.ts'
import { zoneBetween, zoneOf } from '../../core/host/resolve/zone-of.ts'
import { parseLayout } from '../../core/release/parse-layout.ts'
import { type Content, fetchContent } from '../content.ts'
import type { Host } from '../host.ts'
import type { Result } from '../record.ts'
import type { Steps } from '../steps.ts'
import { followByDns } from './follow-by-dns.ts'
import { isResolving, planFor, whyLoaded } from './plan.ts'
import { serveZone } from './resolver.ts'

/** Content that nginx has to load, and what is known of it already. */
export type Course = { readonly content: Content | null; readonly urgent: boolean; readonly why: string }

/**
 * Brings new addresses to nginx by DNS alone, as far as that can be. Resolves with what came of it, or, where nginx must load a
 * configuration, with that one: names that it shares with the loaded one have their new addresses meanwhile.
 */
export async function follow(host: Host, steps: Steps, target: Target): Promise<Result | Course> {
  const { resolver, state } = host
  if (resolver.server === null) return { content: null, urgent: false, why: '' }
  const known = resolver.candidate
  const isKnown = known !== null && isSameTarget(known.target, target)
  const candidate = isKnown
    ? known
    : { target, content: await steps.run('fetch', () => fetchContent(host, target)), stale: null }
  resolver.candidate = candidate
  const { content } = candidate
  const plan = await planFor(host, candidate)
  const { confirmed } = state.current
  if (plan.kind === 'dns' && isResolving(confirmed))
    return followByDns(host, steps, { target, content, confirmed, seedsInMs: plan.seedsInMs })
  if (!isKnown) await serveMeanwhile(host, content)
  return { content, urgent: plan.kind === 'seeds' && plan.urgent, why: whyLoaded(host, plan, content) }
}

/** Addresses don't wait for the gate, nor for the test of other settings. */
async function serveMeanwhile({ resolver, state, blobs }: Host, content: Content): Promise<void> {
  const { confirmed } = state.current
  const next = { upstreams: content.layout.upstreams, endpoints: content.endpoints }
  if (!isResolving(confirmed)) return serveZone(resolver, zoneOf(next.upstreams, next.endpoints))
  const { layout, resolved } = confirmed
  const text = await blobs.held(layout)
  const upstreams = text === null ? [] : parseLayout(text.toString(), layout.sha256).upstreams
  serveZone(resolver, zoneBetween({ upstreams, zones: resolved.zones }, next, resolver.zone))
}
