import { explain, QuaysideError } from '../core/errors.ts'
import type { Installed } from '../core/host/host-state.ts'
import { countGenerations, type GateAnswer, reloadGate } from '../core/host/reload-gate.ts'
import { type ConfirmDeps, confirmReload, type Reload, startReload } from './confirm.ts'
import { type EntryTexts, entryTexts, readEntries, readEntryIds, writeEntries } from './entries.ts'
import type { Host } from './host.ts'
import type { Prepared } from './memory.ts'
import { findMaster, type Master, workersOf } from './nginx.ts'
import { readStaged } from './stage.ts'
import type { Steps } from './steps.ts'

/** Whether nginx may be reloaded for it now. */
export async function askGate(
  host: Host,
  master: Master,
  prepared: Pick<Prepared, 'readySince' | 'urgent'>,
): Promise<GateAnswer> {
  const { accepting, draining } = await workersOf(master, host.table)
  // Where no worker serves there is no connection to spare, and every second counts.
  if (accepting.length === 0) return { open: true }
  const { readySince, urgent } = prepared
  const { lastReloadAt, born } = host.memory
  return reloadGate({
    now: host.elapsed(),
    lastReloadAt,
    readySince,
    draining: countGenerations(draining, born),
    urgent,
  })
}

/**
 * Puts a tested configuration into use: entry files swapped, HUP, confirmed. If nginx doesn't take it, the entry files are restored (and
 * loaded again, if workers had changed) before HOST_CONFIRM_FAILED is thrown.
 */
export async function activate(host: Host, steps: Steps, master: Master, prepared: Prepared): Promise<void> {
  const { configId } = prepared.staged.installed
  const back = await wayBack(host)
  await steps.run('swap', () => writeEntries(prepared.entries))
  const reload = await steps
    .run('reload', () => hup(host, master))
    .catch(async (error: unknown) => {
      await writeEntries(back)
      throw error
    })
  try {
    await steps.run('confirm', () => confirmBorn(host, reload, configId))
  } catch (error) {
    const outcome = await steps
      .run('restore', () => restore(host, reload, back))
      .catch((other: unknown) => {
        // The entry files still name what failed: the next cycle compares them with the state again.
        host.memory.settled = false
        return `the entry files could not be restored: ${explain(other)}`
      })
    throw new QuaysideError('HOST_CONFIRM_FAILED', `${explain(error)} (${outcome})`)
  }
}

/** What the entry files must hold if a reload fails: what they hold now where that is confirmed, else what would be written for it. */
async function wayBack(host: Host): Promise<EntryTexts> {
  const { confirmed } = host.state.current
  const ids = await readEntryIds(host.settings)
  const isConfirmed = confirmed !== null && ids.every((id) => id === confirmed.configId)
  return isConfirmed ? readEntries(host.settings) : entriesOf(host, confirmed)
}

/** Loads the entry files as they are. */
export async function reloadEntries(host: Host, master: Master, configId: string): Promise<void> {
  await confirmBorn(host, await hup(host, master), configId)
}

/** The entry files of a configuration that is on disk; those of no release where there is none. */
export async function entriesOf(host: Host, installed: Installed | null): Promise<EntryTexts> {
  const staged = installed === null ? null : await readStaged(host.folders, installed.configId)
  return entryTexts(host.settings, host.capability, staged)
}

export function confirmDeps({ settings, table, elapsed }: Host): ConfirmDeps {
  return { settings, table, now: elapsed }
}

async function hup(host: Host, master: Master): Promise<Reload> {
  const reload = await startReload(confirmDeps(host), master)
  host.memory.lastReloadAt = host.elapsed()
  return reload
}

/** Remembers which reload brought the new workers, to tell generations apart when they drain. */
async function confirmBorn({ memory, ...host }: Host, reload: Reload, configId: string): Promise<void> {
  const { settings, table, elapsed } = host
  const pids = await confirmReload({ settings, table, now: elapsed }, reload, configId, memory.testMs)
  const living = [...reload.before].map((pid) => [pid, memory.born.get(pid) ?? memory.reloads] as const)
  memory.reloads += 1
  memory.born = new Map([...living, ...pids.map((pid) => [pid, memory.reloads] as const)])
}

/** Back to what was confirmed. A HUP costs connections, so it is sent only where nginx isn't serving that any more. */
async function restore(host: Host, reload: Reload, back: EntryTexts): Promise<string> {
  const { confirmed } = host.state.current
  await writeEntries(back)
  const before =
    confirmed === null ? 'the empty entry files' : `configuration ${confirmed.configId.slice(0, 12)}`
  const { accepting } = await workersOf(reload.master, host.table)
  const unchanged = accepting.length >= 1 && accepting.every((pid) => reload.before.has(pid))
  if (unchanged) return `nginx went on with ${before}`
  const master = await findMaster(host.settings.nginx, host.table)
  if (master === null) return `nginx is not running; ${before} is in place`
  try {
    await reloadEntries(host, master, confirmed?.configId ?? 'none')
    return `restored ${before}`
  } catch (error) {
    await host.state.save({ ...host.state.current, pending: confirmed })
    return `restoring ${before} failed too: ${explain(error)}`
  }
}
