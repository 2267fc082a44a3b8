import { basename } from 'node:path'
import { Annotations, type App, Stack, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

export type RefusedConfigProps = {
  /** The file that the problems are in. */
  readonly path: string
  /** One line each. */
  readonly problems: readonly string[]
  /** @default - the file doesn't say it */
  readonly deployment?: string | null
}

/**
 * Stands where the stack would be when its config file can't be used: it holds no resource, and an error for each problem, with which the
 * toolkit synthesizes and deploys nothing.
 */
export class RefusedConfig extends Stack {
  constructor(app: App, { path, problems, deployment = null }: RefusedConfigProps) {
    super(app, deployment === null ? 'quayside' : `quayside-${deployment}`)
    const file = new Construct(this, basename(path))
    for (const problem of problems) Annotations.of(file).addError(problem)
    const reason = 'There is nothing to deploy until the config file is right.'
    Validations.of(this).acknowledge({ id: 'CloudFormation-Validate::F0001', reason })
  }
}
