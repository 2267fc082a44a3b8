import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Loads all tests below a folder of `test` into this process. */
export async function runSuite(folder: string): Promise<void> {
  const files = globSync(join(import.meta.dirname, '..', folder, '**', '*.test.ts')).sort()
  if (files.length === 0) throw new Error(`There are no tests below test/${folder}.`)
  for (const file of files) await import(pathToFileURL(file).href)
}
