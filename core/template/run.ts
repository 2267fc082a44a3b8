import Handlebars from 'handlebars'
import { sha256 } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import { lineOf, templateFailed } from '../render/template-failed.ts'
import { boundHelpers, type Output } from './bind.ts'
import { parseTemplate } from './compile.ts'
import { blockNames, helperNames, writerNames } from './helpers/all.ts'
import type { Session } from './session.ts'
import type { OperatorTemplate } from './template.ts'
import type { WrittenValue } from './written.ts'

type Compiled = { readonly run: Handlebars.TemplateDelegate; readonly partials: readonly string[] }

/** What a template gave: its text with marks, and the values for them. */
export type Marked = { readonly text: string; readonly values: readonly WrittenValue[] }

/** By content: a publisher that runs for long compiles each text once, and never runs an old one. */
const cache = new Map<string, Compiled>()
const mostCached = 256

// An environment of its own, with no function but ours and nothing of the data's prototypes.
const handlebars = Handlebars.create()
for (const name of Object.keys(handlebars.helpers))
  if (!name.endsWith('Missing')) handlebars.unregisterHelper(name)

/** Said outright, since Handlebars would else write a warning to the console of whatever process this is. */
const closed = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false }
const knownHelpers = Object.fromEntries(
  [...helperNames, ...blockNames, ...writerNames, 'write', 'each-of', 'lookup'].map((name) => [name, true]),
)

/**
 * Runs a template over a session's data. Throws `TEMPLATE_MISSING` for a partial that isn't there and `TEMPLATE_FAILED` with name and
 * line for a template that can't be read or run; nothing of the latter once the session is void.
 */
export function runTemplate(template: OperatorTemplate, session: Session): Marked {
  const output: Output = { template: template.name, values: [] }
  const compiled = new Map<string, Compiled>()
  const main = collect(template, template.name, compiled)
  const partials = Object.fromEntries(
    [...compiled].map(([name, { run }]) => [name, within(output, name, run)]),
  )
  try {
    const options = { ...closed, helpers: boundHelpers({ session, output }), partials }
    const text = within(output, template.name, main.run)({}, options)
    return { text, values: output.values }
  } catch (error) {
    if (session.isVoid()) return { text: '', values: [] }
    throw error
  }
}

/** The names of the template's partials, and of theirs. */
export function partialsOf(template: OperatorTemplate): readonly string[] {
  const compiled = new Map<string, Compiled>()
  collect(template, template.name, compiled)
  return [...compiled.keys()].filter((name) => name !== template.name)
}

function collect(template: OperatorTemplate, name: string, compiled: Map<string, Compiled>): Compiled {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const own = compile(name, textOf(template, name))
  compiled.set(name, own)
  for (const partial of own.partials) collect(template, partial, compiled)
  return own
}

function textOf({ name: main, text, partials }: OperatorTemplate, name: string): string {
  const found = name === main ? text : Object.hasOwn(partials, name) ? partials[name] : undefined
  if (found !== undefined) return found
  const others = Object.keys(partials).sort().join(', ') || 'none'
  throw new QuaysideError(
    'TEMPLATE_MISSING',
    `template ${main}: there is no partial ${name} (known are: ${others})`,
  )
}

function compile(name: string, text: string): Compiled {
  const key = `${name}\n${sha256(text)}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const { tree, partials } = parseTemplate(name, text)
  const run = handlebars.compile(tree, { noEscape: true, knownHelpersOnly: true, knownHelpers })
  if (cache.size >= mostCached) cache.clear()
  cache.set(key, { run, partials })
  return { run, partials }
}

/** Runs a template or partial under its own name, which errors and written values then say. */
function within(output: Output, name: string, run: Handlebars.TemplateDelegate): Handlebars.TemplateDelegate {
  return (context, options) => {
    const caller = output.template
    output.template = name
    try {
      return run(context, options)
    } catch (error) {
      if (error instanceof QuaysideError) throw error
      throw templateFailed(name, lineOf(error), error instanceof Error ? error.message : String(error), error)
    } finally {
      output.template = caller
    }
  }
}
