import { explain } from '../../core/errors.ts'
import { ensureNewNginx } from './ensure-tools.ts'
import type { Log, NginxTool } from './tool.ts'

/**
 * The nginx of the first host and of the second: the usual one, and one that resolves the servers of upstreams by itself, so that both
 * ways of following a channel can be seen side by side. Where no such nginx is to be had both hosts have the usual one, which is said.
 */
export async function hostNginxes(
  usual: NginxTool,
  log: Log,
  ensureNew: (options: { readonly log: Log }) => Promise<NginxTool> = ensureNewNginx,
): Promise<readonly [NginxTool, NginxTool]> {
  try {
    return [usual, await ensureNew({ log })]
  } catch (error) {
    const reason = explain(error).split('\n')[0]
    log(`Both hosts run nginx ${usual.version} and reload for every change: ${reason}`)
    return [usual, usual]
  }
}
