import { pathToFileURL } from 'node:url'
import { App } from 'aws-cdk-lib/core'
import { readTemplateSets } from '../adapters/templates.ts'
import { explain } from '../core/errors.ts'
import { renderLayout } from '../core/render/layout.ts'
import { checkOperatorTemplates } from '../core/template/check-templates.ts'
import { chooseConfigFile, readConfigFile } from '../lib/config-file.ts'
import { PipelineStack } from '../lib/pipeline-stack.ts'

/** What a publisher would only find out when it runs is found out before anything is deployed. */
function checkTemplates(folder: string): void {
  const own = new URL('../templates/', import.meta.url)
  const sets = readTemplateSets(own, pathToFileURL(`${folder}/`))
  renderLayout({ defaultServers: [], httpServers: [], streamServers: [], upstreams: [] }, sets.templates)
  checkOperatorTemplates(sets.operatorTemplates)
}

const app = new App()
const { path, note } = chooseConfigFile(app.node.tryGetContext('config'))
if (note !== null) console.error(note)

try {
  const config = readConfigFile(path)
  const { account, region, templates } = config
  if (templates !== null) checkTemplates(templates)
  new PipelineStack(app, `quayside-${config.deployment}`, { config, env: { account, region } })
} catch (error) {
  console.error(explain(error))
  // Exiting here also keeps the toolkit from writing an empty assembly.
  process.exit(1)
}
