import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { QuaysideError } from '../core/errors.ts'
import { configIdIn, entryFile, noRelease } from '../core/host/entry-file.ts'
import type { NginxCapability } from '../core/host/nginx-version.ts'
import type { NginxContext } from '../core/release/layout.ts'
import { onDisk, readTextOrNull, syncDirectory, temporaryMark, temporaryName, writeSynced } from './disk.ts'
import type { AgentSettings } from './settings.ts'
import type { Staged } from './stage.ts'

/** The entry files as texts, by the path that nginx's main configuration includes. */
export type EntryTexts = ReadonlyMap<string, string>

/**
 * What the entry files hold for a staged configuration, or for none. Throws HOST_TEST_FAILED where it needs the stream context and this
 * host has none.
 */
export function entryTexts(
  settings: AgentSettings,
  capability: Pick<NginxCapability, 'keepaliveMinTimeout'>,
  staged: Pick<Staged, 'installed' | 'includes'> | null,
): EntryTexts {
  const { entries, control, healthPort } = settings
  const { keepaliveMinTimeout } = capability
  const id = staged?.installed.configId ?? noRelease
  const text = (context: NginxContext, controlPort: number) =>
    entryFile(context, id, staged?.includes[context] ?? [], { controlPort, healthPort, keepaliveMinTimeout })
  const texts = new Map([[entries.http, text('http', control.http)]])
  if (entries.stream !== null && control.stream !== null)
    texts.set(entries.stream, text('stream', control.stream))
  else if (staged !== null && staged.includes.stream.length > 0) throw noStream()
  return texts
}

/**
 * Puts entry files in place, each by a rename. A reload must follow at once, or nginx's next start would be the test. All are written
 * before the first is renamed, so that another's reload finds the contexts apart for microseconds only.
 */
export function writeEntries(texts: EntryTexts): Promise<void> {
  return onDisk('replace the entry files', async () => {
    const changed = await Promise.all(
      [...texts].map(async ([path, text]) => (await readTextOrNull(path)) !== text),
    )
    const files = [...texts]
      .filter((_, i) => changed[i])
      .map(([path, text]) => ({ path, text, temporary: temporaryName(path) }))
    try {
      await Promise.all(files.map(({ temporary, text }) => writeSynced(temporary, text)))
      for (const { temporary, path } of files) await rename(temporary, path)
    } catch (error) {
      await Promise.all(files.map(({ temporary }) => rm(temporary, { force: true })))
      throw error
    }
    for (const directory of new Set(files.map(({ path }) => dirname(path)))) await syncDirectory(directory)
  })
}

/** The config id in each entry file; null for a file that is missing or not ours. */
export async function readEntryIds(settings: AgentSettings): Promise<readonly (string | null)[]> {
  return [...(await readEntries(settings)).values()].map(configIdIn)
}

/** Whether the entry files hold exactly these texts. */
export async function areInPlace(texts: EntryTexts): Promise<boolean> {
  const same = await Promise.all(
    [...texts].map(async ([path, text]) => (await readTextOrNull(path)) === text),
  )
  return same.every(Boolean)
}

/** The texts that the entry files hold now; empty for a file that isn't there. */
export async function readEntries(settings: AgentSettings): Promise<EntryTexts> {
  const { http, stream } = settings.entries
  const paths = stream === null ? [http] : [http, stream]
  return new Map(
    await Promise.all(paths.map(async (path) => [path, (await readTextOrNull(path)) ?? ''] as const)),
  )
}

/** Removes what a killed agent left beside the entry files; whatever else is in their folder is somebody else's. */
export async function removeUnfinished({ entries: { http, stream } }: AgentSettings): Promise<void> {
  for (const path of stream === null ? [http] : [http, stream]) {
    const names = await readdir(dirname(path)).catch(() => [])
    for (const name of names.filter((one) => one.startsWith(`${basename(path)}${temporaryMark}`)))
      await rm(join(dirname(path), name), { force: true })
  }
}

function noStream(): QuaysideError {
  const advice = 'load the stream module, include a stream entry file and set "stream": true'
  return new QuaysideError(
    'HOST_TEST_FAILED',
    `the release has stream servers and this host has no stream entry: ${advice}`,
  )
}
