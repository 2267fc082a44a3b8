import { noCounts } from '../../core/host/counts.ts'
import { emptyState } from '../../core/host/host-state.ts'
import type { HostView } from '../../core/host/host-view.ts'

/** A host that follows its channel. */
export function hostView(over: Partial<HostView> = {}): HostView {
  const last = { outcome: 'unchanged', step: null, reason: '', timings: {}, retryInMs: null } as const
  return {
    ...{
      agent: '1.0.0',
      nginx: '1.22.1',
      mode: 'static',
      modeReason: '',
      deployment: 'd',
      channel: 'c',
      pollMs: 1_000,
    },
    ...{ now: Date.parse('2026-11-20T12:00:00Z'), upMs: 600_000, polledMsAgo: 900, fineMsAgo: 900 },
    ...{ waitingMs: null, busyMs: null, last: { ...last, msAgo: 900 }, offered: null, refused: null },
    ...{ state: emptyState('d', 'c'), isRunning: true, drainingGenerations: 0 },
    certificates: { files: 0, problem: null, expires: null },
    ...{ counts: noCounts(), confirmedReloads: 0, dns: null },
    traffic: { requests: 0, notModified: 0, bytes: 0 },
    ...over,
  }
}
