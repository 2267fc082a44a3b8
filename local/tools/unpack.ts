import { access, chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import { openApt, type PrivateApt } from './apt.ts'
import { runCommand } from './command.ts'
import { withInterpreter } from './interpreter.ts'
import { fetchLibraries } from './package-libraries.ts'
import type { UnpackPlan } from './plan.ts'
import { type Log, programs, type ToolName } from './tool.ts'

export interface UnpackOptions {
  readonly plan: UnpackPlan
  /** Addresses to try in turn; only one that is signed with the plan's keys is used. */
  readonly mirrors: readonly string[]
  readonly log: Log
}

const programOf: Record<ToolName, string> = {
  consul: 'usr/bin/consul',
  nginx: 'usr/sbin/nginx',
  'newer-nginx': 'usr/sbin/nginx',
}

/** The file in an unpacked folder that starts the program. */
export function entryOf(tool: ToolName): string {
  return join('bin', programs[tool])
}

/**
 * Unpacks one program's packages into `target`, without root and without touching the system. Everything happens in a temporary
 * folder beside it, which becomes `target` by one rename: another process sees all of it or nothing, and the first one wins.
 */
export async function unpackTool(tool: ToolName, target: string, options: UnpackOptions): Promise<void> {
  const scratch = `${target}.partial-${process.pid}`
  const tree = join(scratch, 'tree')
  await rm(scratch, { recursive: true, force: true })
  try {
    const { suite, packages, ownLibraries = false } = options.plan.sets[tool]
    options.log(`${tool}: reading the package lists of ${suite}`)
    const apt = await openFirst(tool, scratch, options)
    options.log(`${tool}: fetching and unpacking ${packages.join(', ')}`)
    const debs = await apt.download(packages, join(scratch, 'debs'))
    const libraries = await fetchLibraries(debs, apt, join(scratch, 'libraries'), ownLibraries)
    for (const deb of [...debs, ...libraries]) await extract(deb, tree)
    await writeEntry(tool, tree, libraries.length > 0, ownLibraries)
    await rename(tree, target).catch((error) => acceptWinner(error, target))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** When no mirror is the distribution's own, the last one's reason is thrown. */
async function openFirst(tool: ToolName, scratch: string, options: UnpackOptions): Promise<PrivateApt> {
  const { plan, mirrors } = options
  const keyring = await firstExisting(plan.keyrings)
  const architecture = (await runCommand('dpkg', ['--print-architecture'])).stdout.trim()
  let reason: unknown = new QuaysideError('BINARY_MISSING', `apt has no source for ${plan.label}`)
  for (const [index, mirror] of mirrors.entries()) {
    const source = { mirror, set: plan.sets[tool], keyring, architecture }
    try {
      return await openApt(source, join(scratch, `apt-${index}`))
    } catch (error) {
      reason = error
    }
  }
  throw reason
}

async function firstExisting(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const found = await access(path).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new QuaysideError('BINARY_MISSING', `the archive keys are not there (${paths.join(', ')})`)
}

async function extract(deb: string, tree: string): Promise<void> {
  const result = await runCommand('dpkg-deb', ['--extract', deb, tree])
  if (!result.ok) throw new QuaysideError('BINARY_MISSING', `dpkg-deb --extract: ${result.stderr.trim()}`)
}

/**
 * A link to the program; or, where libraries came with it, a script that says where they are and keeps the pid (exec). All are
 * relative, so that a moved or copied checkout still works.
 */
async function writeEntry(
  tool: ToolName,
  tree: string,
  withLibraries: boolean,
  withLoader: boolean,
): Promise<void> {
  const entry = join(tree, entryOf(tool))
  await mkdir(join(tree, 'bin'), { recursive: true })
  if (!withLibraries) return symlink(join('..', programOf[tool]), entry)
  const search = (await libraryFolders(tree)).map((folder) => `"$here/${folder}"`).join(':')
  const opened = withLoader ? `exec ${descriptor}<"$here/${await useOwnLoader(tool, tree)}"\n` : ''
  const command = `${opened}LD_LIBRARY_PATH=${search} exec "$here/${programOf[tool]}" "$@"`
  await writeFile(entry, `#!/bin/sh\nhere=\${0%/*}/..\n${command}\n`)
  await chmod(entry, 0o755)
}

/** One digit, which is all that every shell takes. */
const descriptor = 9

/**
 * Makes the program be loaded by whatever the descriptor is open on; gives the loader that came with its C library, since the system's
 * can't load a newer one. A path could name the loader only where it is short and absolute. Starting the loader
 * with the program as its argument would leave the loader's own arguments in front of the title that nginx writes over
 * its own, by which masters and workers are told apart.
 */
async function useOwnLoader(tool: ToolName, tree: string): Promise<string> {
  const program = join(tree, programOf[tool])
  const changed = withInterpreter(await readFile(program), `/proc/self/fd/${descriptor}`)
  await writeFile(program, changed)
  return findLoader(tree)
}

async function findLoader(tree: string): Promise<string> {
  const files = await readdir(tree, { recursive: true })
  const loader = files.find((file) => /(^|\/)ld-linux[\w-]*\.so\.\d$/.test(file))
  if (loader === undefined) throw new QuaysideError('BINARY_MISSING', 'no loader came with the C library')
  return loader
}

async function libraryFolders(tree: string): Promise<string[]> {
  const files = await readdir(tree, { recursive: true, withFileTypes: true })
  const libraries = files.filter((file) => /^lib.*\.so\.\d/.test(file.name))
  return [...new Set(libraries.map((file) => file.parentPath.slice(tree.length + 1)))].sort()
}

/** A rename onto a folder that is not empty means that another process was quicker: its result is as good as ours. */
function acceptWinner(error: NodeJS.ErrnoException, target: string): Promise<void> {
  if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return access(target)
  throw error
}
