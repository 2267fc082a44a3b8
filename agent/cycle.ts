import { explain, QuaysideError } from '../core/errors.ts'
import { isExpired } from '../core/host/accept-pointer.ts'
import { type BadMark, forget, markBad } from '../core/host/bad-marks.ts'
import { chooseTarget, culprit, isInstalled, type Target } from '../core/host/choose-target.ts'
import type { HostState, Installed } from '../core/host/host-state.ts'
import type { Pointer } from '../core/release/channel.ts'
import type { CycleOutcome, CycleStep } from '../core/release/report.ts'
import { activate, askGate } from './activate.ts'
import { readEntryIds, writeEntries } from './entries.ts'
import type { Host } from './host.ts'
import type { Prepared } from './memory.ts'
import { findMaster } from './nginx.ts'
import { poll } from './poll.ts'
import { hostFingerprint, prepare } from './prepare.ts'
import { confirmedState, settle } from './settle.ts'
import { createSteps, type Steps } from './steps.ts'

/** What one cycle came to, in words and numbers. */
export type CycleRecord = {
  readonly outcome: CycleOutcome
  /** What the cycle was about; null before the first pointer. */
  readonly releaseId: string | null
  /** Where a cycle that didn't get to its end stopped. */
  readonly step: CycleStep | null
  readonly reason: string
  readonly timings: Readonly<Partial<Record<CycleStep, number>>>
  /** When the next cycle has something to do before the next poll is due. */
  readonly retryInMs: number | null
}

type Result = Omit<CycleRecord, 'timings'>

/** Codes that say that the content doesn't work on this host; anything else says nothing about it. */
const blaming: readonly string[] = [
  'RELEASE_INVALID',
  'RENDER_REFUSED',
  'HOST_TEST_FAILED',
  'HOST_CONFIRM_FAILED',
]

/** One pass from the poll to the confirmed configuration. Never throws: a failure is an outcome. */
export async function runCycle(host: Host): Promise<CycleRecord> {
  const steps = createSteps(host.elapsed)
  const found = await settle(host).catch((error: unknown) => error)
  if (found === true) logLive(host, steps)
  const problem = await poll(host, steps).catch((error: unknown) => error ?? new Error('the poll failed'))
  const result = found instanceof Error ? failed(found, 'restore', null) : await advance(host, steps)
  return { ...summary(host, result, found === true, problem), timings: steps.timings }
}

/** A cycle with nothing to do still says what is wrong: with the poll, or with the pointer that was refused. */
function summary({ memory }: Host, result: Result, foundInUse: boolean, problem: unknown): Result {
  const idle = result.outcome === 'unchanged' || (memory.wanted === null && result.outcome === 'waiting')
  if (!idle) return result
  if (problem !== undefined) return failed(problem, 'poll', result.releaseId)
  if (memory.refused !== null)
    return { ...result, outcome: 'rejected', step: 'verify', reason: memory.refused.message }
  return foundInUse ? { ...result, outcome: 'installed', reason: 'found in use' } : result
}

async function advance(host: Host, steps: Steps): Promise<Result> {
  const { wanted } = host.memory
  const { confirmed } = host.state.current
  if (wanted === null) return done('waiting', null, 'nothing was published on this channel yet')
  const expired = isExpired(wanted, host.now())
  if (expired && confirmed !== null)
    return done('stale', confirmed.releaseId, `the channel pointer expired at ${wanted.expires}`)
  const choice = chooseTarget(wanted, host.state.current, await hostFingerprint(host), host.now())
  const { target, blocked } = choice
  if (target === null) return refusedBefore(confirmed, blocked)
  if (isInstalled(target, confirmed)) {
    await remember(host, { ...confirmed, generation: target.generation } as Installed)
    return blocked === null
      ? done('unchanged', confirmed?.releaseId ?? null, '')
      : refusedBefore(confirmed, blocked)
  }
  return apply(host, steps, wanted, target).catch((error: unknown) => blame(host, steps, target, error))
}

async function apply(host: Host, steps: Steps, pointer: Pointer, target: Target): Promise<Result> {
  const { memory, state, settings } = host
  const held = memory.prepared
  const prepared =
    held !== null && sameTarget(held.target, target) ? held : await prepare(host, steps, target)
  memory.prepared = prepared
  const { installed } = prepared.content
  const before = state.current.confirmed
  if (installed.configId === before?.configId && (await areInPlace(host, installed.configId))) {
    await remember(host, installed)
    return done('endpoints', installed.releaseId, 'nginx runs the same configuration already')
  }
  const master = await findMaster(settings.nginx, host.table)
  if (master === null) return wait(host, prepared)
  const gate = await askGate(host, master, prepared)
  if (!gate.open)
    return { ...done('waiting', installed.releaseId, gate.why), step: 'reload', retryInMs: gate.waitMs }
  await activate(host, steps, master, prepared)
  memory.prepared = null
  const next = confirmedState(state.current, installed)
  await state.save({ ...next, bad: forget(next.bad, [installed.layout.sha256, installed.endpoints.sha256]) })
  logLive(host, steps, pointer)
  const same = before?.layout.sha256 === installed.layout.sha256
  return done(
    same ? 'endpoints' : 'installed',
    installed.releaseId,
    target.why === 'offered' ? '' : target.why,
  )
}

/** nginx isn't running, which is no fault of a release: what passed the test is put where nginx will find it when it starts. */
async function wait(host: Host, { entries, content }: Prepared): Promise<Result> {
  const { pending } = host.state.current
  if (pending?.configId !== content.installed.configId) {
    await writeEntries(entries)
    await host.state.save({ ...host.state.current, pending: content.installed })
    host.log.info('host-waiting', { ...identity(content.installed), reason: 'nginx is not running' })
  }
  const reason = `HOST_NGINX_DOWN: nginx is not running (${host.settings.nginx.pidFile}); it will start with this release`
  return { ...done('waiting', content.installed.releaseId, reason), step: 'reload' }
}

/** Remembers content that doesn't work here, so that it isn't tried in a loop; every other failure is only reported. */
async function blame(host: Host, steps: Steps, target: Target, error: unknown): Promise<Result> {
  const step = steps.current
  host.memory.prepared = null
  const code = error instanceof QuaysideError ? error.code : ''
  if (!blaming.includes(code)) {
    host.memory.etag = null
    return code === 'HOST_NGINX_DOWN'
      ? { ...failed(error, step, null), outcome: 'waiting' }
      : failed(error, step, null)
  }
  const { state, now, log } = host
  const at: CycleStep = step === 'restore' ? 'confirm' : step
  const id = culprit(target, state.current.confirmed)
  const reason = explain(error).slice(0, 1_500)
  const failure = { id, host: await hostFingerprint(host), step: at, reason }
  await state.save({ ...state.current, pending: null, bad: markBad(state.current.bad, failure, now()) })
  log.warn('host-rejected', { host: host.settings.hostId, generation: target.generation, step: at, reason })
  const outcome = step === 'restore' ? 'rolled-back' : 'rejected'
  return { outcome, releaseId: null, step: at, reason, retryInMs: 0 }
}

/** Stores what is known to run, whatever generation it came with. */
function remember({ state }: Host, installed: Installed): Promise<void> {
  const next: HostState = { ...state.current, confirmed: installed }
  return state.save(next)
}

async function areInPlace({ settings }: Host, configId: string): Promise<boolean> {
  return (await readEntryIds(settings)).every((id) => id === configId)
}

function logLive(
  { log, state, settings, memory }: Host,
  steps: Steps,
  pointer: Pointer | null = memory.wanted,
): void {
  const { confirmed } = state.current
  if (confirmed === null) return
  const { timings } = steps
  const publishedCreated = pointer?.created ?? null
  log.info('host-live', { host: settings.hostId, ...identity(confirmed), timings, publishedCreated })
}

function identity({ generation, releaseId, configId }: Installed) {
  return { generation, releaseId, configId }
}

function sameTarget(a: Target, b: Target): boolean {
  return JSON.stringify({ ...a, generation: 0 }) === JSON.stringify({ ...b, generation: 0 })
}

function refusedBefore(confirmed: Installed | null, mark: BadMark | null): Result {
  const reason = mark === null ? '' : mark.reason
  return { ...done('rejected', confirmed?.releaseId ?? null, reason), step: mark?.step ?? null }
}

function failed(error: unknown, step: CycleStep, releaseId: string | null): Result {
  return { outcome: 'failed', releaseId, step, reason: explain(error), retryInMs: null }
}

function done(outcome: CycleOutcome, releaseId: string | null, reason: string): Result {
  return { outcome, releaseId, step: null, reason, retryInMs: null }
}
