import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../tools/command.ts'
import {
  type FunctionName,
  functionsOf,
  type Places,
  type Template,
  type TemplateFunction,
} from './read-template.ts'

const root = join(import.meta.dirname, '..', '..')

/** Synthesizes the stack of a config into `folder`, as `cdk deploy` would, and gives the functions of its template. */
export async function synthesize(
  config: { readonly deployment: string },
  folder: string,
  places: Places,
): Promise<Readonly<Record<FunctionName, TemplateFunction>>> {
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  const app = join(root, 'bin', 'app.ts')
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object }
  // The toolkit asks for asset metadata too: with it the template says which folder belongs to which function.
  const asked = { ...context, 'aws:cdk:enable-asset-metadata': true, config: file }
  // What else the toolkit keeps, such as compiled code, goes with the folder too.
  const env = { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(asked), TMPDIR: folder }
  const result = await runCommand(process.execPath, [app], { env, timeoutMs: 120_000, cwd: root })
  if (!result.ok) throw new Error(`the stack could not be synthesized:\n${result.stderr || result.stdout}`)
  const text = await readFile(join(folder, `quayside-${config.deployment}.template.json`), 'utf8')
  return functionsOf(JSON.parse(text) as Template, folder, places)
}
