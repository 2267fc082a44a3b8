import { setTimeout as delay } from 'node:timers/promises'
import { noRelease } from '../core/host/entry-file.ts'
import type { HostState, Installed } from '../core/host/host-state.ts'
import { isServing } from './confirm.ts'
import { readEntryIds, writeEntries } from './entries.ts'
import type { Host } from './host.ts'
import { findMaster, type Master } from './nginx.ts'
import { confirmDeps, reloadEntries } from './reload.ts'
import { bestWay, idOf, restorePrevious } from './restore.ts'
import { findUnserved } from './serving.ts'
import { readStaged } from './stage.ts'

const startMs = 1_000

/**
 * Brings the entry files, the state and nginx together where an earlier run was killed between two steps, or nginx was down. True if a
 * configuration was found in use that nobody had confirmed yet. Throws HOST_DISK, HOST_TEST_FAILED and HOST_CONFIRM_FAILED.
 */
export async function settle(host: Host): Promise<boolean> {
  const { memory, state } = host
  if (!memory.settled || (await wereReplaced(host))) {
    await adopt(host)
    memory.settled = true
  }
  const pending = state.current.pending ?? (await findUnserved(host))
  if (pending === null) return false
  const master = await findMaster(host.settings.nginx, host.table)
  if (master === null) return false
  if (await servesSoon(host, master, pending.configId)) {
    await state.save(confirmedState(state.current, pending))
    return true
  }
  await goBack(host, pending)
  return false
}

/** Whether somebody else wrote over the entry files; looked at every two seconds. */
async function wereReplaced(host: Host): Promise<boolean> {
  const { memory, settings, elapsed } = host
  if (elapsed() - memory.entriesSeenAt < 2_000) return false
  memory.entriesSeenAt = elapsed()
  const expected = expectedId(host)
  return !(await readEntryIds(settings)).every((id) => id === expected)
}

function expectedId({ state: { current } }: Host): string {
  return (current.pending ?? current.confirmed)?.configId ?? noRelease
}

/** A master that has just been started has no workers yet, so no answer is asked for again; a wrong one is a verdict. */
async function servesSoon(host: Host, master: Master, configId: string): Promise<boolean> {
  for (const deadline = host.elapsed() + startMs; ; await delay(20)) {
    const serving = await isServing(confirmDeps(host), master, configId)
    if (serving !== null || host.elapsed() > deadline) return serving ?? false
  }
}

/** The state after `installed` was seen in use. */
export function confirmedState(state: HostState, installed: Installed): HostState {
  const { confirmed } = state
  const previous =
    confirmed === null || confirmed.configId === installed.configId ? state.previous : confirmed
  const following = state.following === undefined ? {} : { following: null }
  return { ...state, confirmed: installed, previous, pending: null, ...following }
}

/** What the entry files name decides: they are what nginx loads at its next start. */
async function adopt(host: Host): Promise<void> {
  const { state, folders, settings } = host
  const { confirmed } = state.current
  const ids = await readEntryIds(settings)
  const expected = expectedId(host)
  if (ids.every((id) => id === expected)) return
  const [id] = ids
  const same = typeof id === 'string' && ids.every((other) => other === id)
  const staged = same && id !== noRelease ? await readStaged(folders, id) : null
  if (staged !== null && staged.installed.configId !== confirmed?.configId) {
    await state.save({ ...state.current, pending: staged.installed })
    return
  }
  const way = await bestWay(host)
  await writeEntries(way.entries)
  // Whether nginx was reloaded in between can't be known: it is asked what it serves.
  await state.save({ ...state.current, pending: way.installed })
}

/**
 * nginx runs and doesn't serve what the entry files name: the confirmed one goes back; the cycle then tries what is wanted in order. While
 * even that can't be loaded it stays pending, to be tried again, and HOST_CONFIRM_FAILED is thrown.
 */
async function goBack(host: Host, pending: Installed): Promise<void> {
  const { state, settings, table, log, memory, elapsed } = host
  const { confirmed } = state.current
  const way = await bestWay(host)
  // Somebody removed it all: what nginx still runs is better than nothing, and the cycle makes it anew.
  if (way.installed === null && confirmed !== null) {
    memory.whole = { at: elapsed(), is: false }
    return state.save({ ...state.current, pending: null })
  }
  const configId = idOf(way)
  await writeEntries(way.entries)
  if (pending.configId !== configId) log.warn('host-restored', { from: pending.configId, to: configId })
  await state.save({ ...state.current, pending: way.installed })
  const master = await findMaster(settings.nginx, table)
  if (master === null) return
  if (!(await isServing(confirmDeps(host), master, configId)))
    await reloadEntries(host, master, configId).catch(async (error: unknown) => {
      if ((await restorePrevious(host, master, way)) === null) throw error
    })
  await state.save({ ...state.current, pending: null })
}
