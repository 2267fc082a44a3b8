import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { QuaysideError } from '../core/errors.ts'
import {
  candidateConf,
  includedFolders,
  includesFile,
  isPidTwice,
  notIncluded,
} from '../core/host/candidate-conf.ts'
import { onDisk } from './disk.ts'
import type { EntryTexts } from './entries.ts'
import { mirror, mirrorFolders, type Overlay } from './mirror.ts'
import { testConfiguration } from './nginx.ts'
import type { NginxSettings } from './settings.ts'

/**
 * Tests exactly what would run: the host's main configuration with candidates in place of its entry files. nginx resolves relative
 * names against the main configuration's directory, so the candidate's directory mirrors that one by links; the live files aren't touched.
 * The entry files' includes stand in the main configuration itself, or in a file of a folder that it includes by a pattern. Throws
 * HOST_TEST_FAILED with nginx's first error, and where an entry file is included nowhere.
 */
export async function testCandidate(
  nginx: NginxSettings,
  directory: string,
  entries: EntryTexts,
  overlay: Overlay = new Map(),
): Promise<void> {
  const test = async (pidFile: string | null) => {
    const file = await onDisk('write the candidate configuration', () =>
      build(nginx, directory, entries, { overlay, pidFile }),
    )
    return testConfiguration(nginx, file)
  }
  const first = await test(join(directory, 'quayside-candidate.pid'))
  const problem = first !== null && isPidTwice(first) ? await test(null) : first
  if (problem !== null) throw new QuaysideError('HOST_TEST_FAILED', problem.replaceAll(`${directory}/`, ''))
}

/** How many milliseconds such a test takes, whatever its verdict: loading the same configuration takes as long. */
export async function timeTest(
  nginx: NginxSettings,
  directory: string,
  entries: EntryTexts,
  elapsed: () => number,
): Promise<number> {
  const start = elapsed()
  await testCandidate(nginx, directory, entries).catch(() => undefined)
  return elapsed() - start
}

async function build(
  { mainConf }: NginxSettings,
  directory: string,
  entries: EntryTexts,
  { overlay, pidFile }: { readonly overlay: Overlay; readonly pidFile: string | null },
): Promise<string> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const origin = dirname(mainConf)
  const name = basename(mainConf)
  await mirror(origin, directory, (sibling) => sibling === name || join(origin, sibling) === directory)
  const candidates = new Map(
    [...entries.keys()].map((path, i) => [path, join(directory, `quayside-entry-${i}.conf`)] as const),
  )
  await Promise.all([...candidates].map(([path, candidate]) => writeFile(candidate, entries.get(path) ?? '')))
  const main = overlay.get(mainConf) ?? (await readFile(mainConf, 'utf8'))
  const elsewhere = [...entries.keys()].filter((path) => !includesFile(main, path))
  const folders = elsewhere.length + overlay.size > 0 ? includedFolders(main, origin) : []
  const { mirrored, included } = await mirrorFolders(folders, directory, candidates, overlay)
  const missing = elsewhere.find((path) => !included.has(path))
  if (missing !== undefined) throw notIncluded(missing)
  const file = join(directory, name)
  await writeFile(file, candidateConf(main, candidates, pidFile, mirrored))
  return file
}
