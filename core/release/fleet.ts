import { type Pointer, releaseId } from './channel.ts'
import type { ReportedHost } from './parse-report.ts'

/**
 * How a host does: `current` has what its channel says, `behind` doesn't have it though there was time, or can't go on (its nginx is down,
 * say), `refusing` says that it can't use it, `gone` hasn't reported for a quarter of an hour.
 */
export type Standing = 'current' | 'behind' | 'refusing' | 'gone'

export type StandingHost = { readonly report: ReportedHost; readonly standing: Standing }

/** Three signs of life that didn't come. */
export const goneMs = 15 * 60_000
/** A host that hasn't reported for so long doesn't belong to the fleet any more. */
export const forgottenMs = 24 * 3_600_000
/** A reload may be held for half a minute, and a report is sent when the host has come to rest. */
export const catchUpMs = 60_000

/** What is known of a channel's releases; times are Unix milliseconds. */
export type InForce = {
  readonly now: number
  /** Since when it is known which releases were in force: that of now, and `earlier`. */
  readonly since: number
  /**
   * Other releases that were in force within the last minute. Where tasks come and go all the time there is always a newer release, and a
   * host is judged by whether it keeps up, not by whether it has the last one.
   */
  readonly earlier?: ReadonlySet<string>
}

/** The hosts of a channel as they stand, from what they reported. */
export function fleetOf(
  reports: readonly ReportedHost[],
  pointer: Pointer,
  inForce: InForce,
): readonly StandingHost[] {
  const release = releaseId(pointer)
  const own = reports.filter(
    (report) =>
      report.deployment === pointer.deployment &&
      report.channel === pointer.channel &&
      inForce.now - heardAt(report) < forgottenMs,
  )
  return own.map((report) => ({ report, standing: standingOf(report, release, inForce) }))
}

function standingOf(report: ReportedHost, current: string, inForce: InForce): Standing {
  const { now, since, earlier } = inForce
  const { outcome, release } = report
  if (now - heardAt(report) >= goneMs) return 'gone'
  if (outcome === 'rejected' || outcome === 'rolled-back') return 'refusing'
  if (outcome === 'failed' || outcome === 'stale') return 'behind'
  // It has the release and still waits: for nginx, which isn't running.
  if (release === current) return outcome === 'waiting' ? 'behind' : 'current'
  const isInTime = now - since < catchUpMs || (release !== null && earlier?.has(release) === true)
  return isInTime ? 'current' : 'behind'
}

function heardAt({ writtenAt, at }: ReportedHost): number {
  return writtenAt ?? Date.parse(at)
}
