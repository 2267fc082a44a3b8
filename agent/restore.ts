import { explain } from '../core/errors.ts'
import { noRelease } from '../core/host/entry-file.ts'
import type { Installed } from '../core/host/host-state.ts'
import { isServing, type Outcome, type Reload } from './confirm.ts'
import { type EntryTexts, entryTexts, readEntries, readEntryIds, writeEntries } from './entries.ts'
import type { Host } from './host.ts'
import { findMaster, type Master, workersOf } from './nginx.ts'
import { confirmDeps, reloadEntries } from './reload.ts'
import { readWhole } from './stage.ts'

/** Entry files that nginx can load, and what they load; null for none of our releases. */
export type Way = { readonly installed: Installed | null; readonly entries: EntryTexts }

/** What the entry files must hold if a reload fails: what they hold now where that is confirmed, else what would be written for it. */
export async function wayBack(host: Host): Promise<Way> {
  const { confirmed } = host.state.current
  const ids = await readEntryIds(host.settings)
  const isConfirmed = confirmed !== null && ids.every((id) => id === confirmed.configId)
  return isConfirmed ? { installed: confirmed, entries: await readEntries(host.settings) } : bestWay(host)
}

/** The confirmed configuration if it is whole on disk, else the one before, else entry files without a release. */
export async function bestWay(host: Host): Promise<Way> {
  const { confirmed, previous } = host.state.current
  return (
    (await wayTo(host, confirmed)) ??
    (await wayTo(host, previous)) ?? {
      installed: null,
      entries: entryTexts(host.settings, host.capability, null),
    }
  )
}

/** Null for what isn't on disk, or not whole: its entry files would keep nginx from starting. */
async function wayTo(host: Host, installed: Installed | null): Promise<Way | null> {
  const staged = installed === null ? null : await readWhole(host.folders, installed.configId)
  if (staged === null) return null
  return { installed, entries: entryTexts(host.settings, host.capability, staged) }
}

export function idOf({ installed }: Way): string {
  return installed?.configId ?? noRelease
}

/**
 * Back to what was confirmed, after a reload that came to `outcome`. A HUP costs connections, so it is sent only where nginx isn't serving
 * that any more, or may be about to leave it. Says what was done.
 */
export async function restore(host: Host, reload: Reload, outcome: Outcome, back: Way): Promise<string> {
  await writeEntries(back.entries)
  const before = nameOf(back)
  const { accepting } = await workersOf(reload.master, host.table)
  const unchanged = accepting.length >= 1 && accepting.every((pid) => reload.before.has(pid))
  // A master that is only late may still load what it was told to. One that refused has gone back to waiting for signals.
  const settled = outcome.state === 'refused' && unchanged
  if (settled && (await isServing(confirmDeps(host), reload.master, idOf(back))) === true)
    return `nginx went on with ${before}`
  const master = await findMaster(host.settings.nginx, host.table)
  if (master === null) return `nginx is not running; ${before} is in place`
  try {
    await reloadEntries(host, master, idOf(back))
    return `restored ${before}`
  } catch (error) {
    const failure = `restoring ${before} failed too: ${explain(error)}`
    const earlier = await restorePrevious(host, master, back)
    if (earlier !== null) return `${failure}; restored ${nameOf(earlier)} instead`
    await host.state.save({ ...host.state.current, pending: back.installed })
    return failure
  }
}

/**
 * With no worker left, a configuration that ran before the confirmed one is better than none: the host's certificates or ports may have
 * changed since the confirmed one was loaded. Null where there is none to load, or it doesn't work either.
 */
export async function restorePrevious(host: Host, master: Master, failed: Way): Promise<Way | null> {
  const { state, table, log } = host
  const { previous } = state.current
  if (previous === null || previous.configId === idOf(failed)) return null
  if ((await workersOf(master, table)).accepting.length > 0) return null
  const way = await wayTo(host, previous)
  if (way === null) return null
  await writeEntries(way.entries)
  try {
    await reloadEntries(host, master, previous.configId)
  } catch {
    await writeEntries(failed.entries)
    return null
  }
  log.warn('host-restored', { from: idOf(failed), to: previous.configId })
  await state.save({ ...state.current, confirmed: previous, previous: null, pending: null })
  return way
}

function nameOf(way: Way): string {
  return way.installed === null ? 'the empty entry files' : `configuration ${idOf(way).slice(0, 12)}`
}
