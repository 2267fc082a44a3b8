import { QuaysideError } from '../core/errors.ts'
import type { Installed } from '../core/host/host-state.ts'
import { isServing } from './confirm.ts'
import { readEntries } from './entries.ts'
import type { Host } from './host.ts'
import { findMaster } from './nginx.ts'
import { confirmDeps } from './reload.ts'
import { testCandidate } from './test-candidate.ts'

/** One look may fall into somebody's reload, or a moment in which nginx has no time to answer. */
const misses = 3

/**
 * What was confirmed, where the master that runs now doesn't serve it: it may have been started with anything, so each master is asked
 * once. Null where all is well or nothing is known yet. Throws HOST_TEST_FAILED where loading it again can't help, and nginx is left alone.
 */
export async function findUnserved(host: Host): Promise<Installed | null> {
  const { memory, state, settings, folders, table } = host
  const { confirmed, pending } = state.current
  const { id } = memory.master
  if (confirmed === null || pending !== null || id === null || memory.served.by === id) return null
  const master = await findMaster(settings.nginx, table)
  if (master === null || `${master.pid} ${master.started}` !== id) return null
  if (await isServing(confirmDeps(host), master, confirmed.configId)) {
    memory.served = { by: id, missed: 0 }
    return null
  }
  memory.served = { by: null, missed: memory.served.missed + 1 }
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
