import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Stage, Token } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'
import { settingsText } from '../core/settings/environment.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'

/**
 * Writes what the functions of this deployment are told into the assembly, for their bundles to take along, and returns the file's path.
 * Its content is that of the config file alone and says nothing about the machine.
 */
export function writeSettings(scope: IConstruct, settings: FunctionSettings): string {
  const text = settingsText(settings)
  if (Token.isUnresolved(text))
    throw new Error(
      'The settings of a function are written at synthesis: besides queueUrl, bucket and signingKey they must be literal values.',
    )
  const folder = resolve(Stage.of(scope)?.outdir ?? '.')
  const path = join(folder, `quayside-${settings.deployment}.settings.json`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, text)
  return path
}
