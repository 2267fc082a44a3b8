import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { QuaysideError } from '../core/errors.ts'

const ending = '.hbs'

/** Reads the templates of a folder, by their file names without `.hbs`. `folder` ends in a slash. */
export function readTemplates(folder: URL): Readonly<Record<string, string>> {
  const names = namesIn(folder).filter((name) => name.endsWith(ending))
  return Object.fromEntries(
    names.map((name) => [name.slice(0, -ending.length), readFileSync(new URL(name, folder), 'utf8')]),
  )
}

/** What makes the configuration: Quayside's own templates, and the operator's. */
export type TemplateSets = {
  readonly templates: Readonly<Record<string, string>>
  readonly operatorTemplates: Readonly<Record<string, string>>
}

/**
 * Reads Quayside's own templates and, where there is one, the operator's folder: what lies in `built-in` there takes the place of
 * Quayside's own.
 */
export function readTemplateSets(own: URL, operator: URL | null): TemplateSets {
  const templates = readTemplates(own)
  if (operator === null) return { templates, operatorTemplates: {} }
  const operatorTemplates = readTemplates(operator)
  const overriding = new URL('built-in/', operator)
  if (!existsSync(overriding)) return { templates, operatorTemplates }
  return { templates: { ...templates, ...readTemplates(overriding) }, operatorTemplates }
}

function namesIn(folder: URL): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch (cause) {
    throw new QuaysideError(
      'TEMPLATE_MISSING',
      `The folder of templates ${folder.pathname} can't be read. Name a folder that holds .hbs files.`,
      {
        cause,
      },
    )
  }
}
