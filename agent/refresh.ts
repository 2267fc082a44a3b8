import { explain } from '../core/errors.ts'
import { blockedBy, markBad } from '../core/host/bad-marks.ts'
import { noRelease } from '../core/host/entry-file.ts'
import { askGate } from './activate.ts'
import { advance } from './advance.ts'
import { followConfirmed, lookAtCertificates, seenNow } from './certificates.ts'
import { isServing } from './confirm.ts'
import { readEntries, readEntryIds } from './entries.ts'
import type { Host } from './host.ts'
import { findMaster, type Master } from './nginx.ts'
import { hostFingerprint } from './prepare.ts'
import type { Result } from './record.ts'
import { confirmDeps, reloadEntries } from './reload.ts'
import type { Steps } from './steps.ts'
import { testCandidate } from './test-candidate.ts'

type Why = 'asked' | 'certificates'

/**
 * One step towards what the channel says; and where that didn't reload nginx, a reload of what is confirmed if somebody asked for one or
 * certificate files have another content than nginx has loaded. nginx is not touched while it refuses them in a test.
 */
export async function advanceAndRefresh(host: Host, steps: Steps): Promise<Result> {
  const { memory, state } = host
  const { reloads, desk } = memory
  const newest = desk.newest
  await lookAtCertificates(host, desk.isAsked(newest))
  const result = await advance(host, steps)
  if (memory.reloads > reloads) {
    await followConfirmed(host)
    await noteLoaded(host)
    desk.answer(newest, { done: true, reason: '' })
    return result
  }
  const why = desk.isAsked(newest) ? 'asked' : (await areChanged(host)) ? 'certificates' : null
  const held = memory.prepared !== null && result.retryInMs !== null
  if (why === null || held || memory.stopping) return result
  const master = state.current.pending === null ? await findMaster(host.settings.nginx, host.table) : null
  if (master !== null) return reload(host, steps, master, result, why, newest)
  desk.answer(newest, { done: false, reason: 'nginx is not running, or not with what was confirmed' })
  return result
}

/** Remembers that nginx has loaded the files as they were last seen, which was before the reload. */
async function noteLoaded({ state, memory, ...host }: Host): Promise<void> {
  Object.assign(memory.certificates, { changedAt: null, bad: [], problem: null })
  await state.save({ ...state.current, certificates: seenNow({ state, memory, ...host }) })
}

async function areChanged(host: Host): Promise<boolean> {
  const { state, memory, elapsed } = host
  const { certificates } = memory
  const seen = seenNow(host)
  const loaded = state.current.certificates
  if (seen === loaded || seen === null || loaded === null) {
    // Nobody has noted what nginx loaded: from now on changes are.
    if (seen !== loaded || certificates.changedAt !== null) await noteLoaded(host)
    return false
  }
  certificates.changedAt ??= elapsed()
  return blockedBy(certificates.bad, seen, hostFingerprint(host), host.now()) === undefined
}

async function reload(
  host: Host,
  steps: Steps,
  master: Master,
  result: Result,
  why: Why,
  newest: number,
): Promise<Result> {
  const { memory, settings, elapsed, log } = host
  const readySince = memory.certificates.changedAt ?? elapsed()
  const gate = await askGate(host, master, { readySince, urgent: why === 'asked' })
  if (!gate.open) return { ...result, retryInMs: gate.waitMs }
  try {
    await testAndReload(host, steps, master)
    log.info('host-reloaded', { host: settings.hostId, why, timings: steps.timings })
    memory.desk.answer(newest, { done: true, reason: '' })
  } catch (error) {
    const reason = explain(error).slice(0, 1_500)
    log.warn('host-reload-refused', { host: settings.hostId, why, step: steps.current, reason })
    memory.desk.answer(newest, { done: false, reason })
    await remember(host, steps, reason)
  }
  return result
}

async function testAndReload(host: Host, steps: Steps, master: Master): Promise<void> {
  const { memory, settings, folders, state, elapsed } = host
  const configId = state.current.confirmed?.configId ?? noRelease
  if (!(await readEntryIds(settings)).every((id) => id === configId))
    throw new Error('the entry files are not those of what was confirmed; the next cycle repairs them')
  const entries = await readEntries(settings)
  await steps.run('test', async () => {
    const start = elapsed()
    await testCandidate(settings.nginx, folders.candidate, entries)
    memory.testMs = elapsed() - start
  })
  await steps.run('confirm', () => reloadEntries(host, master, configId))
  await noteLoaded(host)
}

/** The same content isn't tried again for 1, 5, then every 15 minutes; another content at once. */
async function remember(host: Host, steps: Steps, reason: string): Promise<void> {
  const { memory, state, settings, table, now } = host
  const { certificates } = memory
  const id = seenNow(host)
  if (id !== null && id !== state.current.certificates) {
    const failure = { id, host: hostFingerprint(host), step: steps.current, reason }
    certificates.bad = markBad(certificates.bad, failure, now())
    certificates.problem = reason
  }
  if (steps.current !== 'confirm') return
  const { confirmed } = state.current
  const master = await findMaster(settings.nginx, table)
  const serves =
    master !== null && (await isServing(confirmDeps(host), master, confirmed?.configId ?? noRelease))
  // Workers that died of the reload are the next cycle's to bring back.
  if (serves !== true && confirmed !== null) await state.save({ ...state.current, pending: confirmed })
}
