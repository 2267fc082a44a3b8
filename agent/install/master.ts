import { stat } from 'node:fs/promises'
import { childrenOf, findProcess } from '../../adapters/process-table.ts'
import { findMaster } from '../nginx.ts'
import type { NginxSettings } from '../settings.ts'
import { readUsers } from './passwd.ts'

/** A running nginx master: as whom it runs, and how it was started. */
export type MasterProcess = { readonly uid: number; readonly name: string; readonly title: string }

/** Null where none runs, or where there is no /proc to tell. */
export async function readMaster(nginx: NginxSettings): Promise<MasterProcess | null> {
  const master = await findMaster(nginx, { childrenOf, findProcess })
  if (master === null) return null
  const [entry, found] = await Promise.all([
    stat(`/proc/${master.pid}`).catch(() => null),
    findProcess(master.pid),
  ])
  if (entry === null || found === undefined) return null
  const user = (await readUsers()).find(({ uid }) => uid === entry.uid)
  return { uid: entry.uid, name: user?.name ?? String(entry.uid), title: found.title }
}
