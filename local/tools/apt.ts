import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import { runCommand } from './command.ts'
import type { PackageSet } from './plan.ts'

/** apt with lists and caches of its own in one folder, reading one source. The system's state is neither used nor changed. */
export interface PrivateApt {
  /** Fetches packages into `folder` and returns the paths of the .deb files there. */
  download(packages: readonly string[], folder: string): Promise<string[]>
}

export interface AptSourceLine {
  readonly mirror: string
  readonly set: PackageSet
  readonly keyring: string
  readonly architecture: string
}

/**
 * The configuration that is read after the machine's own, which keeps its proxies, credentials and transports. Signatures are checked with the
 * distribution's keys; hooks and pins of the machine are switched off, since they are about the system's packages.
 */
export function aptConfig(folder: string): string {
  const set = (key: string, value: string) => `${key} ${JSON.stringify(value)};`
  return [
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    set('Dir::Etc::sourcelist', join(folder, 'sources.list')),
    set('Dir::Etc::sourceparts', '/dev/null'),
    set('Dir::Etc::preferences', '/dev/null'),
    set('Dir::Etc::preferencesparts', '/dev/null'),
    set('Dir::State::lists', join(folder, 'lists')),
    set('Dir::Cache', join(folder, 'cache')),
    set('APT::Default-Release', ''),
    // Root would otherwise download as the user _apt, who may not enter this folder.
    set('APT::Sandbox::User', ''),
    set('APT::Update::Error-Mode', 'any'),
    set('APT::Get::AllowUnauthenticated', 'false'),
    set('Acquire::AllowInsecureRepositories', 'false'),
    set('Acquire::Languages', 'none'),
    set('Acquire::Retries', '2'),
    set('Acquire::http::Timeout', '20'),
    set('Acquire::https::Timeout', '20'),
  ].join('\n')
}

/** One line of sources.list(5). */
export function aptSourceLine({ mirror, set, keyring, architecture }: AptSourceLine): string {
  return `deb [arch=${architecture} signed-by=${keyring}] ${mirror} ${set.suite} ${set.components.join(' ')}`
}

/** Fetches and verifies the source's lists; throws when the mirror can't be reached or its signature isn't the distribution's. */
export async function openApt(source: AptSourceLine, folder: string): Promise<PrivateApt> {
  for (const path of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(join(folder, path), { recursive: true })
  }
  await writeFile(join(folder, 'sources.list'), `${aptSourceLine(source)}\n`)
  await writeFile(join(folder, 'apt.conf'), `${aptConfig(folder)}\n`)
  await aptGet(folder, ['update'])
  return { download: (packages, into) => download(folder, packages, into) }
}

async function download(folder: string, packages: readonly string[], into: string): Promise<string[]> {
  await mkdir(into, { recursive: true })
  await aptGet(folder, ['download', ...packages], into)
  const names = await readdir(into)
  return names.filter((name) => name.endsWith('.deb')).map((name) => join(into, name))
}

async function aptGet(folder: string, args: string[], cwd = folder): Promise<void> {
  const all = ['--config-file', join(folder, 'apt.conf'), '--quiet=2', ...args]
  const result = await runCommand('apt-get', all, { cwd, timeoutMs: 120_000 })
  if (!result.ok)
    throw new QuaysideError('BINARY_MISSING', `apt-get ${args.join(' ')}: ${reasonOf(result.stderr)}`)
}

/** apt's own error lines, without credentials that an address may hold. */
export function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /\S/.test(line))
  const errors = lines.filter((line) => line.startsWith('E:'))
  const words = (errors.length > 0 ? errors : lines.slice(-3)).join(' ')
  return words.replace(/\/\/[^/@\s]+@/g, '//').slice(0, 600)
}
