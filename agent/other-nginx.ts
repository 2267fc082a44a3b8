import type { Host } from './host.ts'
import { findMaster, nameOf, readCapability } from './nginx.ts'

const lookMs = 2_000

/**
 * Whether nginx is of another version, or built otherwise, than when the host was opened. A program is replaced on disk before the master
 * that runs is, and that one must get what it understands: so only another master is a reason to ask again, or none.
 */
export async function isOtherNginx(host: Pick<Host, HostParts>): Promise<boolean> {
  const { settings, capability, memory } = host
  const { at, id: known } = memory.master
  if (host.elapsed() - at < lookMs) return false
  const id = await noteMaster(host)
  if (id !== null && id === known) return false
  const now = await readCapability(settings.nginx.binary).catch(() => null)
  return now !== null && JSON.stringify(now) !== JSON.stringify(capability)
}

type HostParts = 'settings' | 'table' | 'capability' | 'memory' | 'elapsed'

/** Remembers which master runs, and returns its name; null for none. */
export async function noteMaster({
  settings,
  table,
  memory,
  elapsed,
}: Pick<Host, Exclude<HostParts, 'capability'>>): Promise<string | null> {
  const master = await findMaster(settings.nginx, table)
  const id = master === null ? null : nameOf(master)
  memory.master = { at: elapsed(), id }
  return id
}
