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

/** The context of cdk.json: its feature flags decide what a template looks like, and a bare `new App()` doesn't read them. */
export function cdkContext(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')).context
}

/**
 * An app that bundles no functions: that takes seconds, and their code is no part of a template. Its assembly is removed when
 * the process ends.
 */
export function testApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'quayside-synth-'))
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }))
  return new App({ outdir, context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] } })
}

/** What the functions of the stack find in the file beside their bundles. */
export function settingsOf(stack: PipelineStack): string {
  const { outdir } = stack.node.root as App
  return readFileSync(join(outdir, `${stack.stackName}.settings.json`), 'utf8')
}

/** The stack of that config. */
export function stackOf(config: unknown): PipelineStack {
  const parsed = parseConfig(config)
  const { account, region } = parsed
  const id = `quayside-${parsed.deployment}`
  return new PipelineStack(testApp(), id, { config: parsed, env: { account, region } })
}
