import type { HostReport } from './report.ts'

/** What of a host's report says how a layout does there. */
export type ReportedLayout = Pick<HostReport, 'host' | 'deployment' | 'channel' | 'reason' | 'at'> & {
  readonly offered: string | null
  readonly applied: string | null
  /** Words of any version of the agent. */
  readonly outcome: string
  readonly step: string | null
}

/** The same, with what tells how the host itself does. */
export type ReportedHost = ReportedLayout & {
  /** The release that is applied; null for none. */
  readonly release: string | null
  readonly live: HostReport['live']
  readonly nginx: string
  readonly agent: string
  /** How upstream servers reach its nginx; empty where the agent doesn't say. */
  readonly mode: string
  /** When it was written in Unix milliseconds, by the bucket's clock: a host's own may be wrong by any time. Absent where it isn't known. */
  readonly writtenAt?: number
}

/**
 * Reads the object at `hosts/<user id>.json` as far as promotion needs it. Hosts of any version write there and no signature says
 * who, so what isn't as expected gives null rather than an error: one odd report must not stop the others from being heard.
 */
export function parseReport(content: string): ReportedHost | null {
  const report = objectIn(content)
  if (report === null) return null
  const { host, deployment, channel, outcome, step, reason, at } = report
  if (!isShort(host) || !isShort(deployment) || !isShort(channel) || !isShort(outcome) || !isTime(at))
    return null
  return {
    ...{ host, deployment, channel, outcome, at },
    offered: layoutOf(report.offered),
    applied: layoutOf(report.applied),
    step: isShort(step) ? step : null,
    reason: typeof reason === 'string' ? reason.slice(0, 500) : '',
    release: digestOf(asObject(report.applied)?.releaseId),
    live: liveOf(report.live),
    ...{ nginx: shortText(report.nginx), agent: shortText(report.agent), mode: shortText(report.mode) },
  }
}

function liveOf(value: unknown): ReportedHost['live'] {
  const { at, afterMs } = asObject(value) ?? {}
  return isTime(at) && typeof afterMs === 'number' && afterMs >= 0 ? { at, afterMs } : null
}

function shortText(value: unknown): string {
  return isShort(value) ? value : ''
}

function objectIn(content: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(content)
    return asObject(value)
  } catch {
    return null
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
}

function layoutOf(value: unknown): string | null {
  return digestOf(asObject(value)?.layout)
}

function digestOf(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : null
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 200
}

function isTime(value: unknown): value is string {
  return isShort(value) && !Number.isNaN(Date.parse(value))
}
