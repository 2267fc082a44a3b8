import { QuaysideError } from '../core/errors.ts'
import type { Installed } from '../core/host/host-state.ts'
import { isServing } from './confirm.ts'
import { readEntries } from './entries.ts'
import type { Host } from './host.ts'
import { findMaster, nameOf } from './nginx.ts'
import { isRefused } from './probe.ts'
import { confirmDeps } from './reload.ts'
import { testCandidate } from './test-candidate.ts'

/** One look may fall into somebody's reload. */
const misses = 3
const againMs = 30_000

/**
 * What was confirmed, where the nginx that runs doesn't serve it: its master may have been started with anything, and anybody may have
 * reloaded it. Each master is asked at once and then every 30 s. Null where all is well or nothing is known, as from an nginx that has no
 * time to answer. Throws HOST_TEST_FAILED where loading it again can't help, and nginx is left alone.
 */
export async function findUnserved(host: Host): Promise<Installed | null> {
  const { memory, state, settings, folders, elapsed } = host
  const { confirmed, pending } = state.current
  const { by, at, missed } = memory.served
  const { id } = memory.master
  if (confirmed === null || pending !== null || id === null) return null
  if (by === id && elapsed() - at < againMs) return null
  const serves = await ask(host, id, confirmed.configId)
  if (serves === null) return null
  memory.served = serves ? { by: id, at: elapsed(), missed: 0 } : { by: null, at, missed: missed + 1 }
  if (memory.served.missed < misses) return null
  try {
    await testCandidate(settings.nginx, folders.candidate, await readEntries(settings))
  } catch (cause) {
    throw new QuaysideError('HOST_TEST_FAILED', 'nginx runs, and does not serve what was confirmed', {
      cause,
    })
  }
  host.log.warn('host-unserved', { host: settings.hostId, configId: confirmed.configId })
  return confirmed
}

async function ask(host: Host, id: string, configId: string): Promise<boolean | null> {
  const { settings, table } = host
  const master = await findMaster(settings.nginx, table)
  if (master === null || nameOf(master) !== id) return null
  const serves = await isServing(confirmDeps(host), master, configId)
  return serves ?? ((await isRefused(settings.control.http)) ? false : null)
}
