import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readTemplates } from '../../../adapters/templates.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { settingsError } from '../../../core/settings/reader.ts'
import { type CatalogFile, parseCatalogFile } from '../../../core/template/snapshot.ts'
import type { OperatorTemplate } from '../../../core/template/template.ts'
import { UsageError } from '../usage-error.ts'

/** Reads a catalog. Throws SETTINGS_INVALID with the surroundings of what isn't JSON, or with every problem in it. */
export function readCatalogFile(path: string): CatalogFile {
  try {
    return parseCatalogFile(JSON.parse(readFileSync(path, 'utf8')), `${path} is invalid`)
  } catch (error) {
    if (error instanceof QuaysideError) throw error
    throw settingsError(`${path} could not be read`, [error instanceof Error ? error.message : String(error)])
  }
}

/** A template with all others of its folder as what it may include. */
export function readOperatorTemplate(path: string): OperatorTemplate {
  if (!path.endsWith('.hbs'))
    throw new UsageError(`--template: expected a file that ends in .hbs, got ${path}.`)
  const name = basename(path, '.hbs')
  const all = readTemplates(folderUrl(dirname(path)))
  const text = Object.hasOwn(all, name) ? all[name] : undefined
  if (text === undefined) throw new QuaysideError('TEMPLATE_MISSING', `There is no template ${path}.`)
  return { name, text, partials: Object.fromEntries(Object.entries(all).filter(([other]) => other !== name)) }
}

/** The URL of a folder, ending in a slash. */
export function folderUrl(path: string): URL {
  return pathToFileURL(`${resolve(path)}/`)
}

export type OutputFile = { readonly path: string; readonly content: string }

export function writeFiles(folder: string, files: readonly OutputFile[]): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}
