import { isExpired } from '../core/host/accept-pointer.ts'
import { forget } from '../core/host/bad-marks.ts'
import {
  addressesId,
  chooseTarget,
  isInstalled,
  isSameTarget,
  type Target,
} from '../core/host/choose-target.ts'
import type { Installed } from '../core/host/host-state.ts'
import { activate, askGate } from './activate.ts'
import { blame, heldBack } from './blame.ts'
import { areInPlace, entryTexts, writeEntries } from './entries.ts'
import type { Host } from './host.ts'
import { identityOf, logLive } from './live.ts'
import type { Prepared } from './memory.ts'
import { findMaster } from './nginx.ts'
import { hostFingerprint, prepare } from './prepare.ts'
import { done, nginxDown, type Result, refusedBefore } from './record.ts'
import { isDue, lookForOverflow, rememberLoaded, triesWithoutNames } from './resolver/due.ts'
import { follow } from './resolver/follow.ts'
import { confirmedState } from './settle.ts'
import { readWhole } from './stage.ts'
import type { Steps } from './steps.ts'
import { confirmedToday } from './today.ts'

/** Brings the host one step towards what the channel says, or says why there is none to take. */
export async function advance(host: Host, steps: Steps): Promise<Result> {
  const { wanted } = host.memory
  const { confirmed, pending } = host.state.current
  if (wanted === null) return done('waiting', null, nothingYet(host))
  if (isExpired(wanted, host.now()) && confirmed !== null)
    return done('stale', confirmed.releaseId, `the channel pointer expired at ${wanted.expires}`)
  const fingerprint = hostFingerprint(host)
  const known = { confirmed: await confirmedToday(host, wanted), bad: host.state.current.bad }
  const { target, blocked } = chooseTarget(wanted, known, fingerprint, host.now())
  await lookForOverflow(host)
  const other = pending !== null && pending.configId !== confirmed?.configId
  if (target !== null && (other || !host.memory.whole.is || !isInstalled(target, confirmed) || isDue(host)))
    return applyOrBlame(host, steps, target)
  return confirmed === null ? refused(blocked) : rest(host, confirmed, blocked, wanted.generation)
}

function applyOrBlame(host: Host, steps: Steps, target: Target): Promise<Result> {
  return apply(host, steps, target).catch((error: unknown) =>
    triesWithoutNames(host, target, error)
      ? applyOrBlame(host, steps, target)
      : blame(host, steps, target, error),
  )
}

function nothingYet({ memory: { unread } }: Host): string {
  const nothing = 'nothing was published on this channel yet'
  return unread === null ? nothing : `${nothing}, or this host may not read it (${unread.message})`
}

type Blocked = Parameters<typeof refusedBefore>[1] | null

function refused(blocked: Blocked): Result {
  return blocked === null ? done('unchanged', null) : refusedBefore(null, blocked)
}

/** Nothing to do: the generation is stored, what is in place looked at every ten seconds, and nginx looked for every two. */
async function rest(host: Host, confirmed: Installed, blocked: Blocked, generation: number): Promise<Result> {
  const { memory, settings, table, elapsed } = host
  if (blocked === null) await remember(host, { ...confirmed, generation })
  if (elapsed() - memory.whole.at > 10_000)
    memory.whole = { at: elapsed(), is: await isWhole(host, confirmed) }
  if (blocked !== null) return refusedBefore(confirmed, blocked)
  if (elapsed() - memory.seen.at > 2_000)
    memory.seen = { at: elapsed(), running: (await findMaster(settings.nginx, table)) !== null }
  return memory.seen.running
    ? done('unchanged', confirmed.releaseId)
    : nginxDown(confirmed.releaseId, settings.nginx.pidFile)
}

/**
 * Whether nginx's next start would find what it runs: somebody may have cleaned up by hand, or this agent was started with other settings,
 * or beside another version of nginx, than the one that wrote the entry files.
 */
async function isWhole({ folders, settings, capability }: Host, { configId }: Installed): Promise<boolean> {
  const staged = await readWhole(folders, configId)
  return staged !== null && (await areInPlace(entryTexts(settings, capability, staged)))
}

async function apply(host: Host, steps: Steps, target: Target): Promise<Result> {
  const { memory, state, settings } = host
  const course = await follow(host, steps, target)
  if ('outcome' in course) return course
  const waiting = await heldBack(host, target)
  if (waiting !== null) return waiting
  const held = memory.prepared
  const prepared =
    held !== null && isSameTarget(held.target, target) ? held : await prepare(host, steps, target, course)
  memory.prepared = prepared
  const { installed } = prepared.content
  if (installed.configId === state.current.confirmed?.configId && (await areInPlace(prepared.entries))) {
    memory.prepared = null
    memory.whole = { at: host.elapsed(), is: true }
    rememberLoaded(host, prepared.content)
    await remember(host, installed)
    return done('endpoints', installed.releaseId, 'nginx runs the same configuration already')
  }
  const master = await findMaster(settings.nginx, host.table)
  if (master === null) return wait(host, prepared)
  const gate = await askGate(host, master, prepared)
  if (!gate.open)
    return { ...done('waiting', installed.releaseId, gate.why), step: 'reload', retryInMs: gate.waitMs }
  if (memory.stopping) return done('waiting', installed.releaseId, 'the agent is stopping')
  await activate(host, steps, master, prepared)
  return succeed(host, steps, prepared)
}

async function succeed({ state, memory, ...host }: Host, steps: Steps, prepared: Prepared): Promise<Result> {
  const { installed } = prepared.content
  const before = state.current.confirmed
  const next = confirmedState(state.current, installed)
  memory.prepared = null
  memory.whole = { at: host.elapsed(), is: true }
  rememberLoaded({ state, memory, ...host }, prepared.content)
  await state.save({ ...next, bad: forget(next.bad, [installed.layout.sha256, addressesId(installed)]) })
  logLive({ state, memory, ...host }, steps.timings)
  const outcome = before?.layout.sha256 === installed.layout.sha256 ? 'endpoints' : 'installed'
  const { why } = prepared.target
  return done(
    outcome,
    installed.releaseId,
    [why === 'offered' ? '' : why, prepared.why].filter(Boolean).join('; '),
  )
}

/** nginx isn't running, which is no fault of a release: what passed the test is put where nginx will find it when it starts. */
async function wait(host: Host, { entries, content }: Prepared): Promise<Result> {
  const { state, log, settings, memory } = host
  const { installed } = content
  const mayHaveEndedIt = memory.endedUnder === installed.configId
  if (!mayHaveEndedIt && state.current.pending?.configId !== installed.configId) {
    await writeEntries(entries)
    await state.save({ ...state.current, pending: installed })
    log.info('host-waiting', {
      host: settings.hostId,
      ...identityOf(installed),
      reason: 'nginx is not running',
    })
  }
  return nginxDown(installed.releaseId, settings.nginx.pidFile)
}

/** Stores what is known to run, whatever generation it came with. */
function remember({ state }: Host, confirmed: Installed): Promise<void> {
  return state.save({ ...state.current, confirmed })
}
