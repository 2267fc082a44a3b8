import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { QuaysideError } from '../core/errors.ts'
import { candidateConf, isPidTwice } from '../core/host/candidate-conf.ts'
import { onDisk } from './disk.ts'
import type { EntryTexts } from './entries.ts'
import { testConfiguration } from './nginx.ts'
import type { NginxSettings } from './settings.ts'

/**
 * Tests exactly what would run: the host's main configuration with candidates in place of its entry files. nginx resolves relative
 * names against the main configuration's directory, so the candidate's directory mirrors that one by links; the live files aren't touched.
 * Throws HOST_TEST_FAILED with nginx's first error.
 */
export async function testCandidate(
  nginx: NginxSettings,
  directory: string,
  entries: EntryTexts,
): Promise<void> {
  const test = async (pidFile: string | null) => {
    const file = await onDisk('write the candidate configuration', () =>
      build(nginx, directory, entries, pidFile),
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
  pidFile: string | null,
): Promise<string> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const origin = dirname(mainConf)
  const name = basename(mainConf)
  const siblings = (await readdir(origin)).filter(
    (sibling) => sibling !== name && join(origin, sibling) !== directory,
  )
  await Promise.all(siblings.map((sibling) => symlink(join(origin, sibling), join(directory, sibling))))
  const candidates = [...entries.keys()].map(
    (path, i) => [path, join(directory, `quayside-entry-${i}.conf`)] as const,
  )
  const text = candidateConf(await readFile(mainConf, 'utf8'), new Map(candidates), pidFile)
  await Promise.all(candidates.map(([path, candidate]) => writeFile(candidate, entries.get(path) ?? '')))
  const file = join(directory, name)
  await writeFile(file, text)
  return file
}
