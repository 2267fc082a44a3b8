import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeExit } from '../processes/child.ts'
import type { Processes } from '../processes/processes.ts'
import {
  type FunctionName,
  functionsOf,
  type Places,
  type Template,
  type TemplateFunction,
} from './read-template.ts'

const root = join(import.meta.dirname, '..', '..')

const timeoutMs = 120_000

/**
 * Synthesizes the stack of a config into `folder`, as `cdk deploy` would, and gives the functions of its template. It is one of the
 * processes, so that where these are stopped meanwhile nothing goes on to write into a folder that has been removed.
 */
export async function synthesize(
  config: { readonly deployment: string },
  folder: string,
  places: Places,
  processes: Pick<Processes, 'start'>,
): Promise<Readonly<Record<FunctionName, TemplateFunction>>> {
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  const app = await processes.start({
    ...{ name: 'synthesis', command: process.execPath, args: [join(root, 'bin', 'app.ts')], cwd: root },
    env: environmentOf(file, folder),
    ready: async ({ exited, kill }) => {
      const late = setTimeout(kill, timeoutMs)
      await exited
      clearTimeout(late)
    },
  })
  if (app.exit()?.code !== 0) throw new Error(`the stack could not be synthesized: ${describeExit(app)}`)
  const text = await readFile(join(folder, `quayside-${config.deployment}.template.json`), 'utf8')
  return functionsOf(JSON.parse(text) as Template, folder, places)
}

function environmentOf(config: string, folder: string): NodeJS.ProcessEnv {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object }
  // The toolkit asks for asset metadata too: with it the template says which folder belongs to which function.
  const asked = { ...context, 'aws:cdk:enable-asset-metadata': true, config }
  // What else the toolkit keeps, such as compiled code, goes with the folder too.
  const own = { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(asked), TMPDIR: folder }
  return { ...process.env, ...own, LC_ALL: 'C', LANGUAGE: 'C' }
}
