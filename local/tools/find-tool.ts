import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import type { Probed } from './probe.ts'
import { programs, type Tool, type ToolName, variables } from './tool.ts'
import { entryOf } from './unpack.ts'

export interface Places {
  readonly env: NodeJS.ProcessEnv
  /** The folder that holds what was unpacked for this distribution and architecture. */
  readonly unpacked: string
}

/**
 * The first place, in the documented order, that has a program that runs and is complete; where none is complete, the first that runs.
 * A bad override is an error, never passed over.
 */
export async function findTool<T extends Tool>(
  name: ToolName,
  probe: (path: string, source: string) => Promise<Probed<T>>,
  { env, unpacked }: Places,
): Promise<T | undefined> {
  const override = env[variables[name]]
  if (override !== undefined && override !== '') return probeOverride(name, override, probe)
  const program = programs[name]
  const onPath = searchPath(env.PATH ?? '').map((folder) => ({ path: join(folder, program), source: 'PATH' }))
  let incomplete: T | undefined
  for (const { path, source } of [
    ...onPath,
    { path: join(unpacked, name, entryOf(name)), source: '.tools' },
  ]) {
    const probed = (await isExecutable(path)) ? await probe(path, source) : { reason: 'not there' }
    if ('tool' in probed && isComplete(probed.tool)) return probed.tool
    if ('tool' in probed) incomplete ??= probed.tool
  }
  return incomplete
}

/** An nginx without its stream module, which Debian's plain `nginx` package is, can't serve TCP and UDP routes. */
export function isComplete(tool: Tool): boolean {
  return !('stream' in tool) || tool.stream === true
}

/** PATH, and the folders where servers are installed, which are not on every user's PATH. */
export function searchPath(path: string): string[] {
  const folders = [...path.split(delimiter), '/usr/local/sbin', '/usr/sbin']
  return [...new Set(folders.filter((folder) => folder.startsWith('/')))]
}

async function probeOverride<T>(
  name: ToolName,
  path: string,
  probe: (path: string, source: string) => Promise<Probed<T>>,
): Promise<T> {
  const variable = variables[name]
  const probed = await probe(path, variable)
  if ('tool' in probed) return probed.tool
  throw new QuaysideError(
    'BINARY_MISSING',
    `${variable}=${path} is not a ${name} that runs (${probed.reason}). Set ${variable} to the path of a working ${name}, or unset it to let Quayside look for one.`,
  )
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
