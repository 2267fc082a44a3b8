import { type Pointer, releaseId } from './channel.ts'
import type { ReportedHost } from './parse-report.ts'

/**
 * How a host does: `current` has what its channel says, `behind` doesn't have it though there was time, `refusing` says that it can't,
 * `gone` hasn't reported for a quarter of an hour.
 */
export type Standing = 'current' | 'behind' | 'refusing' | 'gone'

export type StandingHost = { readonly report: ReportedHost; readonly standing: Standing }

/** Three signs of life that didn't come. */
export const goneMs = 15 * 60_000
/** A host that hasn't reported for so long doesn't belong to the fleet any more. */
export const forgottenMs = 24 * 3_600_000
/** A reload may be held for half a minute, and a report is sent when the host has come to rest. */
const catchUpMs = 60_000

/**
 * The hosts of a channel as they stand, from what they reported. `since` is when the channel's release came into force, both times in
 * Unix milliseconds.
 */
export function fleetOf(
  reports: readonly ReportedHost[],
  pointer: Pointer,
  { now, since }: { readonly now: number; readonly since: number },
): readonly StandingHost[] {
  const release = releaseId(pointer)
  const own = reports.filter(
    ({ deployment, channel, at }) =>
      deployment === pointer.deployment && channel === pointer.channel && now - Date.parse(at) < forgottenMs,
  )
  return own.map((report) => ({ report, standing: standingOf(report, release, now, since) }))
}

function standingOf(report: ReportedHost, release: string, now: number, since: number): Standing {
  if (now - Date.parse(report.at) >= goneMs) return 'gone'
  if (report.outcome === 'rejected' || report.outcome === 'rolled-back') return 'refusing'
  return report.release === release || now - since < catchUpMs ? 'current' : 'behind'
}
