import type { Host } from './host.ts'
import { logLive } from './live.ts'
import { poll } from './poll.ts'
import { type CycleRecord, done, failed, type Result } from './record.ts'
import { advanceAndRefresh } from './refresh.ts'
import { settle } from './settle.ts'
import { createSteps } from './steps.ts'

/** One pass from the poll to the confirmed configuration. A failure is an outcome; only a disk that takes no state file throws. */
export async function runCycle(host: Host): Promise<CycleRecord> {
  const steps = createSteps(host.elapsed)
  let problem: Result | null = null
  const found = await settle(host).catch((error: unknown) => {
    problem = failed(error, 'restore')
    return false
  })
  if (found) logLive(host, {})
  await poll(host, steps).catch((error: unknown) => {
    problem ??= failed(error, steps.current)
  })
  const result = await advanceAndRefresh(host, steps)
  return {
    ...(isIdle(host, result) ? (problem ?? idle(host, result, found)) : result),
    timings: steps.timings,
  }
}

function isIdle({ memory }: Host, { outcome }: Result): boolean {
  const known = memory.wanted !== null
  if (outcome === 'stale') return memory.refused !== null
  return outcome === 'unchanged' || (!known && outcome === 'waiting')
}

/** A cycle with nothing to do still says that the pointer was refused, or that it found something in use. */
function idle({ memory, state }: Host, result: Result, found: boolean): Result {
  const { confirmed } = state.current
  if (memory.refused !== null) {
    const reason = [memory.refused.message, result.outcome === 'stale' ? result.reason : '']
    return { ...result, outcome: 'rejected', step: 'verify', reason: reason.filter(Boolean).join('; ') }
  }
  return found ? done('installed', confirmed?.releaseId ?? null, 'found in use') : result
}
