import { type Counts, countCycle, noCounts } from '../core/host/counts.ts'
import type { HostView } from '../core/host/host-view.ts'
import type { CycleRecord } from './record.ts'

/** Follows an agent's cycles, to tell whether it works. */
export type Pulse = {
  begin(): void
  end(record: CycleRecord): void
  readonly last: CycleRecord | null
  read(): Pick<HostView, 'upMs' | 'fineMsAgo' | 'waitingMs' | 'busyMs' | 'last'> & { readonly counts: Counts }
}

/** `elapsed` is a monotonic clock in milliseconds. */
export function createPulse(elapsed: () => number): Pulse {
  const start = elapsed()
  let counts = noCounts()
  let last: { record: CycleRecord; at: number } | null = null
  let fineAt: number | null = null
  let waitingSince: number | null = null
  let busySince: number | null = null
  const since = (at: number | null) => (at === null ? null : Math.max(0, elapsed() - at))
  return {
    begin() {
      busySince = elapsed()
    },
    end(record) {
      last = { record, at: elapsed() }
      counts = countCycle(counts, record)
      busySince = null
      if (record.outcome !== 'failed') fineAt = elapsed()
      // Without a step it is the first release that is waited for.
      const waits = record.outcome === 'waiting' && record.step !== null
      waitingSince = waits ? (waitingSince ?? elapsed()) : null
    },
    get last() {
      return last?.record ?? null
    },
    read: () => ({
      upMs: elapsed() - start,
      fineMsAgo: since(fineAt),
      waitingMs: since(waitingSince),
      busyMs: since(busySince),
      last: last === null ? null : { ...last.record, msAgo: since(last.at) ?? 0 },
      counts,
    }),
  }
}
