import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** The bundle stays below this, so that a host's agent can be read, copied and compared by hand. */
export const largestBundle = 512 * 1024

/** How the agent becomes one file, for packages and for the stack alike. */
export const agentBundling = {
  absWorkingDir: root,
  entryPoints: ['agent/main.ts'],
  ...{ bundle: true, write: false, platform: 'node', target: 'node20', format: 'esm' },
  ...{ charset: 'utf8', legalComments: 'inline', outfile: 'quayside-agent.mjs' },
} as const satisfies BuildOptions

/**
 * The agent with everything it needs in one file, for Node 20 and later: Node's own modules are all that it imports. The same sources give
 * the same bytes.
 */
export async function bundleAgent(): Promise<Uint8Array> {
  const result = await build({ ...agentBundling, entryPoints: [...agentBundling.entryPoints] })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error('esbuild made no file')
  if (file.contents.length > largestBundle)
    throw new Error(
      `the bundle has ${file.contents.length} bytes, more than ${largestBundle}: something large was imported`,
    )
  return file.contents
}
