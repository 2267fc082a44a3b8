import type { ReportedHost } from '../../core/release/parse-report.ts'

/** A report of a host that has come to rest; by default it has no release. */
export function reportedHost(over: Partial<ReportedHost> = {}): ReportedHost {
  return {
    ...{ host: 'AROA:i-1', deployment: 'test', channel: 'current', at: '2026-11-20T12:00:00.000Z' },
    ...{ offered: null, applied: null, release: null, outcome: 'installed', step: null, reason: '' },
    ...{ live: null, nginx: '1.22.1', agent: '0.1.0', mode: 'static' },
    ...over,
  }
}
