import { explain, QuaysideError } from '../../core/errors.ts'
import type { Target } from '../../core/host/choose-target.ts'
import type { ChosenMode } from '../../core/host/resolve/choose-mode.ts'
import { overflowedZones } from '../../core/host/resolve/overflowed-zones.ts'
import { zoneOf } from '../../core/host/resolve/zone-of.ts'
import { areCertificatesAtFault } from '../certificates.ts'
import type { Content } from '../content.ts'
import type { Host } from '../host.ts'
import type { Result } from '../record.ts'
import type { Steps } from '../steps.ts'
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
 * Where a layout fails on a host that has never resolved names, it may be the names: it is tried once more with static upstreams before
 * anything is held against it. Null where that can't be.
 */
export function withoutNames(host: Host, steps: Steps, target: Target, error: unknown): Result | null {
  const { resolver, state, memory, log } = host
  const isJudged =
    error instanceof QuaysideError && ['HOST_TEST_FAILED', 'HOST_CONFIRM_FAILED'].includes(error.code)
  const isFirst = state.current.confirmed?.resolved === undefined && resolver.rendered?.mode === 'resolve'
  if (!isJudged || !isFirst || areCertificatesAtFault(host, explain(error))) return null
  const reason = `this layout failed with upstreams that nginx resolves: ${explain(error).slice(0, 1_000)}`
  resolver.plain = { layout: target.layout.sha256, why: reason }
  forgetCandidate(resolver)
  memory.prepared = null
  log.warn('host-static', { reason })
  return { outcome: 'failed', releaseId: null, step: steps.current, reason, retryInMs: 0 }
}
