import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** Bundles the agent as `npm run build:agent` does, into a folder of the caller's. Returns the file's path. */
export async function bundleAgent(folder: string): Promise<string> {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const [, args] = /esbuild (agent\/main\.ts .*) --outfile=\S+$/.exec(scripts['build:agent']) ?? []
  if (args === undefined)
    throw new Error(`"${scripts['build:agent']}" is no call of esbuild that ends with --outfile`)
  const file = join(folder, 'quayside-agent.mjs')
  const esbuild = join(root, 'node_modules/.bin/esbuild')
  await run(esbuild, [...args.split(' '), '--log-level=warning', `--outfile=${file}`], { cwd: root })
  return file
}
