import { pathToFileURL } from 'node:url'
import { readTemplateSets } from '../adapters/templates.ts'
import { explain } from '../core/errors.ts'
import { renderLayout } from '../core/render/layout.ts'
import { checkOperatorTemplates } from '../core/template/check-templates.ts'

const own = new URL('../templates/', import.meta.url)
const nothing = { defaultServers: [], httpServers: [], streamServers: [], upstreams: [] }

/** What a publisher would only find out about the operator's templates when it runs. */
export function templateProblems(folder: string): readonly string[] {
  try {
    const sets = readTemplateSets(own, pathToFileURL(`${folder}/`))
    renderLayout(nothing, sets.templates)
    checkOperatorTemplates(sets.operatorTemplates)
    return []
  } catch (error) {
    return [`templates: ${explain(error)}`]
  }
}
