import { templateFailed } from '../render/template-failed.ts'
import type { TemplateData } from './data.ts'
import { type Need, needText } from './need.ts'
import { type RenderedTemplate, renderOperatorTemplate } from './render.ts'
import type { OperatorTemplate } from './template.ts'

const mostPasses = 5

/**
 * Renders, reads what is missing, and renders again, until nothing is missing: what a template asks for may follow from what it was
 * given. `read` returns data that hold all of what was asked for and all from before. Throws `TEMPLATE_FAILED` with the chain of what each pass asked
 * for where five passes don't do.
 */
export async function settleTemplate(
  template: OperatorTemplate,
  data: TemplateData,
  read: (missing: readonly Need[]) => Promise<TemplateData>,
): Promise<RenderedTemplate> {
  const chain: (readonly Need[])[] = []
  let current = data
  while (chain.length < mostPasses) {
    const rendered = renderOperatorTemplate(template, current)
    if (rendered.missing.length === 0) return rendered
    chain.push(rendered.missing)
    if (chain.length < mostPasses) current = await read(rendered.missing)
  }
  throw unsettled(template, chain)
}

function unsettled({ name }: OperatorTemplate, chain: readonly (readonly Need[])[]): Error {
  const steps = chain.map((needs, at) => `pass ${at + 1}: ${summary(needs)}`)
  return templateFailed(
    name,
    null,
    `it still reads something new after ${mostPasses} passes; ${steps.join('; ')}. Let queries follow from fewer others.`,
  )
}

function summary(needs: readonly Need[]): string {
  const shown = needs.slice(0, 3).map(needText).join(', ')
  return needs.length > 3 ? `${shown} and ${needs.length - 3} more` : shown
}
