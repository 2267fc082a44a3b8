import type { TemplateData } from './data.ts'
import { fillUpstreams } from './fill-upstreams.ts'
import { type Need, sortedNeeds } from './need.ts'
import { runTemplate } from './run.ts'
import { openSession, type Waiting } from './session.ts'
import type { OperatorTemplate } from './template.ts'
import { fillIn } from './written.ts'

export type RenderedTemplate = {
  /** Null while something is missing or waited for: what was written before then stays in force. */
  readonly content: string | null
  /** Everything that was read. It can grow once what is missing is there. */
  readonly needs: readonly Need[]
  /** What wasn't read yet from where the data come. */
  readonly missing: readonly Need[]
  /** What is known, and says that it isn't time yet: a key that doesn't exist, a `safe…` that is empty, too few instances. */
  readonly waiting: readonly Waiting[]
}

/**
 * Renders a template of the operator's. Pure: the same data give the same bytes, in whatever order their lists are. The text is
 * well-formed nginx configuration, in which no written value is more than part of one word. Throws `TEMPLATE_FAILED`,
 * `TEMPLATE_MISSING` or `RENDER_REFUSED` with template, line and value.
 */
export function renderOperatorTemplate(template: OperatorTemplate, data: TemplateData): RenderedTemplate {
  const session = openSession(data)
  const { text, values } = runTemplate(template, session)
  const read = {
    needs: sortedNeeds(session.needs()),
    missing: sortedNeeds(session.missing()),
    waiting: session.waiting(),
  }
  if (session.isVoid()) return { content: null, ...read }
  const filled = fillIn(template.name, text, values)
  return { content: fillUpstreams(filled, `output of template ${template.name}`), ...read }
}
