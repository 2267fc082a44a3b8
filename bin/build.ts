import type { App } from 'aws-cdk-lib/core'
import { chooseConfigFile, loadConfigFile } from '../lib/config-file.ts'
import { PipelineStack } from '../lib/pipeline-stack.ts'
import { RefusedConfig } from '../lib/refused-config.ts'
import { templateProblems } from './check-templates.ts'

/**
 * Puts the deployment that the config file describes into the app, or the file's problems, with which nothing is deployed. Returns what to
 * tell the operator besides.
 */
export function build(app: App): string | null {
  const { path, note } = chooseConfigFile(app.node.tryGetContext('config'))
  const loaded = loadConfigFile(path)
  if (loaded.config === null) {
    new RefusedConfig(app, { path, problems: loaded.problems, deployment: loaded.deployment })
    return note
  }
  const { config } = loaded
  const { deployment, account, region, templates } = config
  const problems = templates === null ? [] : templateProblems(templates)
  if (problems.length > 0) new RefusedConfig(app, { path, problems, deployment })
  else new PipelineStack(app, `quayside-${deployment}`, { config, env: { account, region } })
  return note
}
