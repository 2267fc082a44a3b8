import { QuaysideError } from '../../core/errors.ts'
import type { Overlay } from '../mirror.ts'
import type { AgentSettings } from '../settings.ts'
import { readDump } from './read-nginx.ts'

/** Throws INSTALL_REFUSED where nginx would still read files of the state directory: without them it could not start. */
export async function assertPurgeable({ nginx, stateDir }: AgentSettings, overlay: Overlay): Promise<void> {
  const dump = await readDump(nginx.binary, nginx.mainConf, nginx.prefix)
  const foreign = dump.filter(({ path }) => !path.startsWith(`${stateDir}/`))
  for (const { path, text } of foreign) {
    const after = overlay.get(path)
    const lines = (after === undefined ? text : (after ?? '')).split('\n')
    const at = lines.findIndex((line) => line.replace(/#.*/, '').includes(`${stateDir}/`))
    if (at >= 0)
      throw new QuaysideError(
        'INSTALL_REFUSED',
        `${path}:${at + 1} still names files of ${stateDir}: remove that line before --purge`,
      )
  }
}
