import { explain, QuaysideError } from '../core/errors.ts'
import { type Failure, markBad } from '../core/host/bad-marks.ts'
import { culprit, type Target } from '../core/host/choose-target.ts'
import type { CycleStep } from '../core/release/report.ts'
import { areCertificatesAtFault } from './certificates.ts'
import type { Host } from './host.ts'
import { hostFingerprint } from './prepare.ts'
import { done, failed, type Result } from './record.ts'
import type { Steps } from './steps.ts'

/** Codes that say that the content doesn't work on this host; anything else says nothing about it. */
const blaming: readonly string[] = [
  'RELEASE_INVALID',
  'RELEASE_UNSUPPORTED',
  'RENDER_REFUSED',
  'HOST_TEST_FAILED',
  'HOST_CONFIRM_FAILED',
]

/** Remembers content that doesn't work here, so that it isn't tried in a loop; every other failure is only reported. */
export async function blame(host: Host, steps: Steps, target: Target, error: unknown): Promise<Result> {
  const { state, now, log, memory, settings } = host
  const code = error instanceof QuaysideError ? error.code : ''
  memory.prepared = null
  if (!blaming.includes(code)) {
    memory.etag = null
    return failed(error, steps.current)
  }
  const restored = steps.current === 'restore'
  const step: CycleStep = restored ? 'confirm' : steps.current
  const reason = explain(error).slice(0, 1_500)
  const { confirmed, bad } = state.current
  const failure = { id: culprit(target, confirmed), host: hostFingerprint(host), step, reason }
  if (areCertificatesAtFault(host, reason)) return hold(host, failure)
  await state.save({ ...state.current, bad: markBad(bad, failure, now()) })
  log.warn('host-rejected', { host: settings.hostId, generation: target.generation, step, reason })
  return { outcome: restored ? 'rolled-back' : 'rejected', releaseId: null, step, reason, retryInMs: 0 }
}

const holdMs = 10_000

/** Certificate files that are being replaced are no fault of what was tested: it is tried again when they change, and every ten seconds. */
function hold({ memory, elapsed, log, settings }: Host, { id, host, step, reason }: Failure): Result {
  const { hold: before } = memory.certificates
  if (before?.id !== id) log.warn('host-certificates-awaited', { host: settings.hostId, step, reason })
  memory.certificates.hold = { id, host, until: elapsed() + holdMs, reason }
  return { ...done('waiting', null, reason), step }
}

/** What a target waits for whose certificate files nginx has just refused; null where it may be tried. */
export async function heldBack(host: Host, target: Target): Promise<Result | null> {
  const { hold: held } = host.memory.certificates
  if (held === null || host.elapsed() >= held.until || held.host !== hostFingerprint(host)) return null
  if (held.id !== culprit(target, host.state.current.confirmed)) return null
  return { ...done('waiting', null, held.reason), step: 'test' }
}
