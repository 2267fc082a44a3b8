import { childrenOf, findProcess } from '../../adapters/process-table.ts'
import { findMaster, sendReload } from '../nginx.ts'
import type { NginxSettings } from '../settings.ts'

/** Asks a running nginx to load its configuration, where that is wanted; returns what is to be said about it. */
export async function reloadIfWanted(nginx: NginxSettings, wanted: boolean): Promise<string> {
  const master = await findMaster(nginx, { childrenOf, findProcess })
  if (master === null) return 'nginx is not running; its next start reads the new configuration.'
  if (!wanted)
    return 'nginx was not reloaded: it goes on with what it has until you run "nginx -s reload" (or use --reload).'
  sendReload(master)
  return `nginx (pid ${master.pid}) was asked to reload.`
}
