import { stat } from 'node:fs/promises'
import { childrenOf, findProcess } from '../../adapters/process-table.ts'
import { findMaster } from '../nginx.ts'
import type { NginxSettings } from '../settings.ts'
import { readUsers } from './passwd.ts'

/** As whom the nginx master runs; null where it doesn't run, or where there is no /proc to tell. */
export async function readMasterUser(
  nginx: NginxSettings,
): Promise<{ readonly uid: number; readonly name: string } | null> {
  const master = await findMaster(nginx, { childrenOf, findProcess })
  const entry = master === null ? null : await stat(`/proc/${master.pid}`).catch(() => null)
  if (entry === null) return null
  const user = (await readUsers()).find(({ uid }) => uid === entry.uid)
  return { uid: entry.uid, name: user?.name ?? String(entry.uid) }
}
