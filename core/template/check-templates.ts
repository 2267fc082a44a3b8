import { templateFailed } from '../render/template-failed.ts'
import { operatorFileNames } from './operator-files.ts'
import { partialsOf } from './run.ts'

/**
 * Throws TEMPLATE_FAILED or TEMPLATE_MISSING for a file of an operator's that no data could ever make render: one that can't be read,
 * misses a partial, or is named as no file can be.
 */
export function checkOperatorTemplates(templates: Readonly<Record<string, string>>): void {
  const files = operatorFileNames(templates)
  const meant = Object.keys(templates).find((name) => /\.(http|stream)$/.test(name) && !files.includes(name))
  if (meant !== undefined)
    throw templateFailed(
      meant,
      null,
      'the name of a file begins with a small letter or digit, and has only these and - before .http or .stream',
    )
  for (const name of files) partialsOf({ name, text: templates[name] ?? '', partials: templates })
}
