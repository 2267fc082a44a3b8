import { readFileSync } from 'node:fs'
import { parseFunctionSettings, settingsFile } from '../core/settings/environment.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'

/** What the stack tells a function: by its environment, and in a file beside `module`, its bundle. */
export function readFunctionSettings(
  env: Readonly<Record<string, string | undefined>>,
  module: string,
): FunctionSettings {
  return parseFunctionSettings(env, readFileSync(new URL(settingsFile, module), 'utf8'))
}
