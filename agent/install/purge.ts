import { readFileSync } from 'node:fs'
import { QuaysideError } from '../../core/errors.ts'
import { globMatcher, readConfig } from '../../core/install/config-tree.ts'
import type { Overlay } from '../mirror.ts'
import type { AgentSettings } from '../settings.ts'
import { readDump } from './read-nginx.ts'

/** Throws INSTALL_REFUSED where nginx would still read files of the state directory: without them it could not start. */
export async function assertPurgeable({ nginx, stateDir }: AgentSettings, overlay: Overlay): Promise<void> {
  const dump = await readDump(nginx.binary, nginx.mainConf, nginx.prefix)
  const files = dump.flatMap(({ path }) => {
    const text = overlay.has(path) ? overlay.get(path) : readFileSync(path, 'utf8')
    return text === null || text === undefined ? [] : [{ path, text }]
  })
  const used = readConfig(files, nginx.mainConf).find(
    ({ file, directive: { name, args } }) =>
      !file.startsWith(`${stateDir}/`) && name === 'include' && pointsInto(args[0] ?? '', stateDir),
  )
  if (used === undefined) return
  throw new QuaysideError(
    'INSTALL_REFUSED',
    `${used.file}:${used.directive.line} still includes files of ${stateDir}: remove that line before --purge`,
  )
}

function pointsInto(pattern: string, folder: string): boolean {
  return pattern.startsWith(`${folder}/`) || globMatcher(pattern)(`${folder}/entry.http.conf`)
}
