import { readdirSync, readFileSync } from 'node:fs'
import { QuaysideError } from '../core/errors.ts'

const ending = '.hbs'

/** Reads the templates of a folder, by their file names without `.hbs`. `folder` ends in a slash. */
export function readTemplates(folder: URL): Readonly<Record<string, string>> {
  const names = namesIn(folder).filter((name) => name.endsWith(ending))
  return Object.fromEntries(
    names.map((name) => [name.slice(0, -ending.length), readFileSync(new URL(name, folder), 'utf8')]),
  )
}

function namesIn(folder: URL): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch (cause) {
    throw new QuaysideError(
      'TEMPLATE_MISSING',
      `The folder of templates ${folder.pathname} can't be read. Name a folder that holds Quayside's .hbs files.`,
      {
        cause,
      },
    )
  }
}
