import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkConfig, type QuaysideConfig } from '../core/settings/config.ts'
import { settingsError } from '../core/settings/reader.ts'
import { isObject } from '../core/settings/shown.ts'
import { parseConfigText } from './config-text.ts'

const ownFile = 'quayside.config.json'
const exampleFile = 'quayside.config.example.json'
const howToStart = `cp ${exampleFile} ${ownFile}, put in your own ids, and name another place with -c config=<path>`

export type ConfigFile =
  | { readonly config: QuaysideConfig; readonly problems: null }
  | {
      readonly config: null
      /** One line each. */
      readonly problems: readonly string[]
      /** As far as the file says it. */
      readonly deployment: string | null
    }

/**
 * The file to read: the one that was asked for, else `quayside.config.json`, else the example, so that a fresh clone
 * synthesizes. `note` is then what to tell the operator.
 */
export function chooseConfigFile(asked: unknown): { readonly path: string; readonly note: string | null } {
  if (typeof asked === 'string' && asked !== '') return { path: asked, note: null }
  if (existsSync(ownFile)) return { path: ownFile, note: null }
  const note = `There is no ${ownFile}: using ${exampleFile}. Copy it and put in your own ids before you deploy.`
  return { path: exampleFile, note }
}

/** Reads and checks the file; every problem in it comes out at once. The folder of templates comes out as an absolute path. */
export function loadConfigFile(path: string): ConfigFile {
  const text = readText(path)
  if (text === null) {
    const problem = `the file: expected a readable file, got none at ${resolve(path)}; to begin: ${howToStart}`
    return { config: null, problems: [problem], deployment: null }
  }
  const { value, problems } = parseConfigText(text)
  if (problems !== null) return { config: null, problems, deployment: deploymentOf(value) }
  const checked = checkConfig(value)
  if (checked.problems !== null)
    return { config: null, problems: checked.problems, deployment: deploymentOf(value) }
  const { templates } = checked.value
  const absolute = templates === null ? null : resolve(dirname(path), templates)
  return { config: { ...checked.value, templates: absolute }, problems: null }
}

/** The same, or one SETTINGS_INVALID error with every problem. */
export function readConfigFile(path: string): QuaysideConfig {
  const { config, problems } = loadConfigFile(path)
  if (config !== null) return config
  throw settingsError(`${path} is invalid`, [...problems])
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function deploymentOf(value: unknown): string | null {
  const stated = isObject(value) ? value.deployment : null
  return typeof stated === 'string' && /^[a-z][a-z0-9-]{0,30}$/.test(stated) ? stated : null
}
