import { join } from 'node:path'
import type { PrivateApt } from './apt.ts'
import { runCommand } from './command.ts'

/**
 * The library packages that `debs` need and the system lacks, fetched level by level. Slim images lack, for instance, OpenSSL's. With `all`
 * those that the system has are fetched too: packages of a later release need its libraries, down to the C library.
 * Other dependencies (init scripts, defaults under /etc) are about a system-wide service and are not needed to run a program.
 */
export async function fetchLibraries(
  debs: readonly string[],
  apt: PrivateApt,
  folder: string,
  all: boolean,
): Promise<string[]> {
  const seen = new Set<string>()
  const found: string[] = []
  for (let level = [...debs]; level.length > 0; ) {
    const names = (await Promise.all(level.map(dependenciesOf))).flat().filter((name) => !seen.has(name))
    for (const name of names) seen.add(name)
    const wanted = [...new Set(names)]
    const absent = all ? wanted : await notInstalled(wanted)
    level = absent.length === 0 ? [] : await apt.download(absent, join(folder, String(found.length)))
    found.push(...level)
  }
  return found
}

async function dependenciesOf(deb: string): Promise<string[]> {
  return parseLibraries((await runCommand('dpkg-deb', ['--field', deb, 'Depends'])).stdout)
}

/** Names of shared-library packages in a Depends field; of alternatives the first counts. Server modules are no libraries. */
export function parseLibraries(depends: string): string[] {
  const names = depends.split(',').map((part) => /^\s*([a-z0-9.+-]+)/.exec(part)?.[1] ?? '')
  return names.filter((name) => /^(lib(?!nginx-mod)|zlib1g)/.test(name))
}

async function notInstalled(names: readonly string[]): Promise<string[]> {
  const answers = names.map(async (name) => {
    const { stdout } = await runCommand('dpkg-query', ['--status', name])
    return /^Status: .* installed$/m.test(stdout) ? [] : [name]
  })
  return (await Promise.all(answers)).flat()
}
