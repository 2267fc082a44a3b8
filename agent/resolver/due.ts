import { explain, QuaysideError } from '../../core/errors.ts'
import type { Target } from '../../core/host/choose-target.ts'
import type { ChosenMode } from '../../core/host/resolve/choose-mode.ts'
import { overflowedZones } from '../../core/host/resolve/overflowed-zones.ts'
import { zoneOf } from '../../core/host/resolve/zone-of.ts'
import { areCertificatesAtFault } from '../certificates.ts'
import type { Content } from '../content.ts'
import type { Host } from '../host.ts'
import { forgetCandidate, serveZone } from './resolver.ts'

/** How upstreams reach nginx now, and what keeps this host from resolving them. */
export function modeOf({ resolver, state }: Host): ChosenMode {
  const { confirmed } = state.current
  const { chosen, rendered } = resolver
  if (confirmed === null) return rendered ?? chosen
  const mode = confirmed.resolved === undefined ? 'static' : 'resolve'
  return { mode, why: mode === 'resolve' ? '' : rendered?.why || chosen.why }
}

/** Whether there is something to do for the addresses of a release that is in use as it is. */
export function isDue({ resolver, state, elapsed }: Host): boolean {
  const { confirmed, following = null } = state.current
  const { chosen, rendered, candidate, overflowed, seedsDueAt } = resolver
  const isResolved = confirmed?.resolved !== undefined
  if (confirmed !== null && ((rendered ?? chosen).mode === 'resolve') !== isResolved) return true
  if (candidate !== null || following !== null || overflowed.size > 0) return true
  return seedsDueAt !== null && elapsed() >= seedsDueAt
}

/** nginx says once that it has no memory for new addresses, and goes on with the old ones: only a larger zone helps. */
export async function lookForOverflow({ resolver, memory, log }: Host): Promise<void> {
  if (resolver.server === null) return
  const found = overflowedZones(await resolver.log.nextText())
  if (found.size === 0) return
  log.warn('host-zone-overflow', { zones: [...found].sort() })
  resolver.overflowed = new Set([...resolver.overflowed, ...found])
  memory.prepared = null
  forgetCandidate(resolver)
}

/** nginx has loaded it, with seeds of today. */
export function rememberLoaded({ resolver, elapsed }: Host, { installed, layout, endpoints }: Content): void {
  if (resolver.server === null) return
  serveZone(resolver, installed.resolved === undefined ? new Map() : zoneOf(layout.upstreams, endpoints))
  forgetCandidate(resolver)
  resolver.seedsAt = elapsed()
  resolver.seedsDueAt = null
  resolver.overflowed = new Set()
}

/**
 * Whether a layout that nginx refuses in its test is worth another try with static upstreams, because this host has never resolved names:
 * it may be those. nginx has not been touched by then. Where that fails too, the next try begins with names again.
 */
export function triesWithoutNames(host: Host, target: Target, error: unknown): boolean {
  const { resolver, state, memory, log } = host
  const isRefused = error instanceof QuaysideError && error.code === 'HOST_TEST_FAILED'
  const isFirst = state.current.confirmed?.resolved === undefined && resolver.rendered?.mode === 'resolve'
  if (!isRefused || !isFirst || areCertificatesAtFault(host, explain(error))) {
    resolver.plain = null
    return false
  }
  const why = `nginx refuses this layout with upstreams that it resolves: ${explain(error).slice(0, 1_000)}`
  resolver.plain = { layout: target.layout.sha256, why }
  forgetCandidate(resolver)
  memory.prepared = null
  log.warn('host-static', { reason: why })
  return true
}
