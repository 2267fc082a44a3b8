import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib/core'
import { parseConfig } from '../../core/settings/config.ts'
import { PipelineStack } from '../../lib/pipeline-stack.ts'

const repository = join(import.meta.dirname, '../..')

/** The example config as a plain object, with members replaced. */
export function exampleConfig(own: Record<string, unknown> = {}): Record<string, unknown> {
  const text = readFileSync(join(repository, 'quayside.config.example.json'), 'utf8')
  return { ...(JSON.parse(text) as Record<string, unknown>), ...own }
}

/**
 * The stack of that config under the feature flags of cdk.json, which a bare `new App()` doesn't read. Functions aren't bundled:
 * that takes seconds, and their code is no part of a template. The assembly is removed when the process ends.
 */
export function stackOf(config: unknown): PipelineStack {
  const { context } = JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')) as { context: object }
  const outdir = mkdtempSync(join(tmpdir(), 'quayside-synth-'))
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }))
  const app = new App({ outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } })
  const parsed = parseConfig(config)
  const { account, region } = parsed
  return new PipelineStack(app, `quayside-${parsed.deployment}`, { config: parsed, env: { account, region } })
}
