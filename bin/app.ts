import { App } from 'aws-cdk-lib/core'
import { explain } from '../core/errors.ts'
import { chooseConfigFile, readConfigFile } from '../lib/config-file.ts'
import { PipelineStack } from '../lib/pipeline-stack.ts'

const app = new App()
const { path, note } = chooseConfigFile(app.node.tryGetContext('config'))
if (note !== null) console.error(note)

try {
  const config = readConfigFile(path)
  const { account, region } = config
  new PipelineStack(app, `quayside-${config.deployment}`, { config, env: { account, region } })
} catch (error) {
  console.error(explain(error))
  // Exiting here also keeps the toolkit from writing an empty assembly.
  process.exit(1)
}
