import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Where packages put it, and the agent's unit takes it from. */
const packaged = '/usr/bin/node'
const oldest = 20

export type HostNode = { readonly path: string; readonly version: string }

/** The Node that a host would run the agent with: the packaged one where there is one that is new enough, else that of this process. */
export async function findHostNode(): Promise<HostNode> {
  const version = await run(packaged, ['--version']).then(
    ({ stdout }) => stdout.trim().replace(/^v/, ''),
    () => '0',
  )
  return Number.parseInt(version, 10) >= oldest
    ? { path: packaged, version }
    : { path: process.execPath, version: process.versions.node }
}
