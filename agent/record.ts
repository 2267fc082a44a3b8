import { explain } from '../core/errors.ts'
import type { BadMark } from '../core/host/bad-marks.ts'
import type { Installed } from '../core/host/host-state.ts'
import type { CycleOutcome, CycleStep } from '../core/release/report.ts'

/** What one cycle came to, in words and numbers. */
export type CycleRecord = {
  readonly outcome: CycleOutcome
  /** What the cycle was about; null before the first pointer. */
  readonly releaseId: string | null
  /** Where a cycle that didn't get to its end stopped. */
  readonly step: CycleStep | null
  readonly reason: string
  readonly timings: Readonly<Partial<Record<CycleStep, number>>>
  /** When the next cycle has something to do, if that is before the next poll is due. */
  readonly retryInMs: number | null
}

export type Result = Omit<CycleRecord, 'timings'>

export function done(outcome: CycleOutcome, releaseId: string | null, reason = ''): Result {
  return { outcome, releaseId, step: null, reason, retryInMs: null }
}

export function failed(error: unknown, step: CycleStep | null): Result {
  return { outcome: 'failed', releaseId: null, step, reason: explain(error), retryInMs: null }
}

/** What is offered failed before and isn't due to be tried again. */
export function refusedBefore(confirmed: Installed | null, mark: BadMark): Result {
  const { step, reason } = mark
  return { outcome: 'rejected', releaseId: confirmed?.releaseId ?? null, step, reason, retryInMs: null }
}

export function nginxDown(releaseId: string | null, pidFile: string): Result {
  const reason = `HOST_NGINX_DOWN: nginx is not running (pid file ${pidFile}); it will start with this release`
  return { outcome: 'waiting', releaseId, step: 'reload', reason, retryInMs: null }
}
