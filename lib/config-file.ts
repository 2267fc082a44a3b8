import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseConfig, type QuaysideConfig } from '../core/settings/config.ts'
import { settingsError } from '../core/settings/reader.ts'

const ownFile = 'quayside.config.json'
const exampleFile = 'quayside.config.example.json'

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

/** Reads and checks the file; throws SETTINGS_INVALID with every problem in it. The folder of templates comes out as an absolute path. */
export function readConfigFile(path: string): QuaysideConfig {
  const config = parseConfig(readJsonFile(path), `${path} is invalid`)
  const { templates } = config
  return templates === null ? config : { ...config, templates: resolve(dirname(path), templates) }
}

function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw settingsError(`${path} could not be read`, [error instanceof Error ? error.message : String(error)])
  }
}
