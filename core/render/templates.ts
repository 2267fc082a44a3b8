import Handlebars from 'handlebars'
import { sha256 } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import { comment, type Encoder, quoted, token } from './encoders.ts'
import { lintTemplate } from './lint-template.ts'
import { type QuickTemplate, quickTemplate } from './quick-template.ts'
import { renderedOnce } from './rendered-once.ts'
import { lineOf, templateFailed } from './template-failed.ts'

/**
 * Templates as text by name, which is the file's name without `.hbs`. A name that ends in `.http` or `.stream` becomes a file of the
 * layout in that context; the others are partials.
 */
export type Templates = Readonly<Record<string, string>>

type Compiled = {
  readonly run: Handlebars.TemplateDelegate
  readonly partials: readonly string[]
  readonly closed: boolean
  readonly quick: QuickTemplate | null
}

/** By content, so that a publisher that runs for long compiles each text once and never runs an old one. */
const cache = new Map<string, Compiled>()
const mostCached = 256

const handlebars = Handlebars.create()
for (const [name, encode] of Object.entries({ token, quoted, comment })) {
  handlebars.registerHelper(name, located(encode))
}
// A misspelt field in a condition would drop lines in silence. This and the encoders replace the option `strict`, which doesn't look
// at arguments of helpers, and fails without a line for a field of something that isn't there.
for (const name of ['if', 'unless', 'each', 'with']) {
  const builtIn = handlebars.helpers[name]
  handlebars.registerHelper(name, function (this: unknown, value: unknown, options: HelperOptions) {
    located(demand)(value, options)
    return builtIn?.call(this, value, options)
  })
}

/**
 * Renders one template with its partials. Throws `TEMPLATE_MISSING` for a template or partial that isn't there, and
 * `TEMPLATE_FAILED` with name and line for one that can't be read, asks for a field that the data lacks, or writes a value
 * that an encoder can't represent.
 */
export function renderTemplate(templates: Templates, name: string, data: unknown): string {
  const compiled = new Map<string, Compiled>()
  collect(templates, name, compiled)
  const once = onceOf(templates, compiled)
  const quick = renderQuickly(name, data, compiled, once)
  if (quick !== null) return quick
  const partials = Object.fromEntries(
    [...compiled].map(([key, { run }]) => [key, once(key, named(key, run))]),
  )
  return guarded(name, () => compiled.get(name)?.run(data, { partials, data: { root: data } }) ?? '')
}

type Once = ReturnType<typeof onceOf>

/** Null where Handlebars must do it, be it only to say what is wrong and where. */
function renderQuickly(
  name: string,
  data: unknown,
  compiled: ReadonlyMap<string, Compiled>,
  once: Once,
): string | null {
  const all = new Map<string, (context: unknown) => string>()
  const include = (called: string, context: unknown) => all.get(called)?.(context) ?? ''
  for (const [key, { quick, closed }] of compiled) {
    if (quick === null || !closed) return null
    all.set(
      key,
      once(key, (context) => quick(context, include)),
    )
  }
  try {
    return all.get(name)?.(data) ?? null
  } catch {
    return null
  }
}

function collect(templates: Templates, name: string, compiled: Map<string, Compiled>): void {
  if (compiled.has(name)) return
  const text = Object.hasOwn(templates, name) ? templates[name] : undefined
  if (text === undefined) throw missing(templates, name)
  const own = compile(name, text)
  compiled.set(name, own)
  for (const partial of own.partials) collect(templates, partial, compiled)
}

function compile(name: string, text: string): Compiled {
  const key = `${name}\n${sha256(text)}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const { tree, partials, closed } = lintTemplate(name, text)
  const run = handlebars.compile(tree, {
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: { token: true, quoted: true, comment: true, log: false, lookup: false },
  })
  if (cache.size >= mostCached) cache.clear()
  const compiled = { run, partials, closed, quick: quickTemplate(tree) }
  cache.set(key, compiled)
  return compiled
}

/** Partials that read their context alone, with all that they include, are rendered once per context. */
function onceOf(templates: Templates, compiled: ReadonlyMap<string, Compiled>) {
  const once = renderedOnce(templates)
  const isClosed = (name: string): boolean => {
    const own = compiled.get(name)
    return own?.closed === true && own.partials.every(isClosed)
  }
  return (name: string, run: Handlebars.TemplateDelegate) => (isClosed(name) ? once(name, run) : run)
}

/** A partial says its own name when it fails, not that of the template that called it. */
function named(name: string, run: Handlebars.TemplateDelegate): Handlebars.TemplateDelegate {
  return (context, options) => guarded(name, () => run(context, options))
}

function guarded(name: string, run: () => string): string {
  try {
    return run()
  } catch (error) {
    if (error instanceof QuaysideError) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw templateFailed(name, lineOf(error), message, error)
  }
}

type HelperOptions = { readonly loc?: { readonly start?: { readonly line?: number } } }

function demand(value: unknown): string {
  if (value === undefined) throw new TypeError('the field is not there')
  return ''
}

/** Handlebars tells a helper where in the template it was called, and puts the line on errors of its own. */
function located(encode: Encoder) {
  return (value: unknown, options: HelperOptions): string => {
    try {
      return encode(value)
    } catch (error) {
      throw Object.assign(error instanceof Error ? error : new Error(String(error)), {
        lineNumber: options.loc?.start?.line,
      })
    }
  }
}

function missing(templates: Templates, name: string): QuaysideError {
  const known = Object.keys(templates).sort().join(', ') || 'none'
  return new QuaysideError(
    'TEMPLATE_MISSING',
    `template ${name} is not there: add the file ${name}.hbs (known templates: ${known})`,
  )
}
