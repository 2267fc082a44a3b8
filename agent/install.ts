import { dirname } from 'node:path'
import { makeDirectory, readTextOrNull, replaceFile } from './disk.ts'
import { entryTexts } from './entries.ts'
import { foldersOf } from './folders.ts'
import { readCapability } from './nginx.ts'
import type { AgentSettings } from './settings.ts'

/**
 * Prepares a host: makes the state directory and valid entry files without a release, where there are none yet, and returns the lines that
 * the operator's main configuration needs. It changes no file of the operator's. Throws BINARY_MISSING.
 */
export async function install(settings: AgentSettings): Promise<readonly string[]> {
  const capability = await readCapability(settings.nginx.binary)
  const folders = foldersOf(settings.stateDir)
  for (const folder of [folders.blobs, folders.releases]) await makeDirectory(folder)
  for (const [path, text] of entryTexts(settings, capability, null)) {
    await makeDirectory(dirname(path))
    if (((await readTextOrNull(path)) ?? '') === '') await replaceFile(path, text)
  }
  const { http, stream } = settings.entries
  return [
    `In the http block of ${settings.nginx.mainConf}:    include "${http}";`,
    ...(stream === null ? [] : [`In its stream block:    include "${stream}";`]),
    'At its top level, so that old workers end:    worker_shutdown_timeout 60s;',
  ]
}
