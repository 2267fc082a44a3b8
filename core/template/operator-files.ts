import { byText, sha256 } from '../canonical.ts'
import { explain } from '../errors.ts'
import type { Ref } from '../release/channel.ts'
import type { NginxContext } from '../release/layout.ts'
import type { TemplateData } from './data.ts'
import { type Need, needText, readsPlaces, sortedNeeds } from './need.ts'
import { originText } from './origin.ts'
import { recorded } from './recorded.ts'
import { type RenderedTemplate, renderOperatorTemplate } from './render.ts'
import { partialsOf } from './run.ts'
import { type OperatorTemplate, serialiseTemplate } from './template.ts'

/** One file of a release that an operator's template makes. */
export type OperatorFile = {
  readonly path: string
  readonly context: NginxContext
  /** Its bytes; null for one of a kept layout that couldn't be rendered yet: such a release can't be published. */
  readonly ref: Ref | null
  /** What makes it, if it reads places: then the layout names the template and its queries, and the pointer the bytes. Else null. */
  readonly volatile: { readonly template: OperatorTemplate; readonly queries: readonly string[] } | null
  /** What must be stored for it: its bytes, and the template as `serialiseTemplate` writes it. Empty for one that is kept as it is. */
  readonly blobs: readonly string[]
}

/** Where these files lie in a release, so that none has the name of one of ours. */
export const operatorFolder = 'operator/'

export type OperatorFiles = {
  /** In the order of their paths. */
  readonly files: readonly OperatorFile[]
  readonly needs: readonly Need[]
  /** What was asked for and not read yet: a file that isn't in force already is not among `files` until it is. */
  readonly missing: readonly Need[]
  /** One sentence each. */
  readonly problems: readonly string[]
}

/**
 * Renders an operator's templates: those whose names end in `.http` or `.stream` are files, the others partials. One that waits, fails
 * or misses data stays as it is in force; if it reads places, the template in force goes on with today's data. Never throws.
 */
export function renderOperatorFiles(
  templates: Readonly<Record<string, string>>,
  data: TemplateData,
  inForce: readonly OperatorFile[],
): OperatorFiles {
  return together(
    operatorFileNames(templates).map((name) => {
      const before = inForce.find(({ path }) => path === operatorPath(name)) ?? null
      return renderOperatorFile(name, templates, data, before)
    }),
  )
}

/** The templates that are files, in order. */
export function operatorFileNames(templates: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(templates)
    .filter((name) => contextOf(name) !== null)
    .sort(byText)
}

/** Several files in one account. */
export function together(results: readonly RenderedFile[]): OperatorFiles {
  return {
    files: results.flatMap(({ file }) => file ?? []),
    needs: sortedNeeds(results.flatMap(({ needs }) => needs)),
    missing: sortedNeeds(results.flatMap(({ missing }) => missing)),
    problems: results.flatMap(({ problems }) => problems),
  }
}

/** Renders a file of a kept layout with today's data; it stays as it is where that can't be done. */
export function renderInForce(file: OperatorFile, data: TemplateData): OperatorFiles {
  const kept = { ...file, blobs: [] }
  if (file.volatile === null) return { files: [kept], needs: [], missing: [], problems: [] }
  const { file: made, ...rest } = tryRender(file.path, file.context, file.volatile.template, data, true)
  return { files: [made ?? kept], ...rest }
}

/** What one template came to: no file where there is nothing yet that could be published. */
export type RenderedFile = Omit<OperatorFiles, 'files'> & { readonly file: OperatorFile | null }

/** Renders one of the templates as `renderOperatorFiles` does; `before` is its file in force. */
export function renderOperatorFile(
  name: string,
  templates: Readonly<Record<string, string>>,
  data: TemplateData,
  before: OperatorFile | null,
): RenderedFile {
  const template = templateOf(name, templates)
  const old = before?.volatile?.template
  const same = old !== undefined && serialiseTemplate(old) === serialiseTemplate(template)
  const own = tryRender(operatorPath(name), contextOf(name) ?? 'http', template, data, same)
  if (own.file !== null || before === null) return own
  const kept = same ? null : renderInForce(before, data)
  const file = kept?.files[0] ?? { ...before, blobs: [] }
  return {
    file,
    needs: [...own.needs, ...(kept?.needs ?? [])],
    missing: [...own.missing, ...(kept?.missing ?? [])],
    problems: [...own.problems, ...(kept?.problems ?? [])],
  }
}

function tryRender(
  path: string,
  context: NginxContext,
  template: OperatorTemplate,
  data: TemplateData,
  proven: boolean,
): RenderedFile {
  const read = recorded(data)
  try {
    const rendered = renderOperatorTemplate(template, read.data, proven)
    const { content, needs, missing } = rendered
    const file = content === null ? null : fileOf(path, context, template, content, needs)
    return { file, needs, missing, problems: problemsOf(template.name, rendered) }
  } catch (error) {
    const problems = [`${explain(error)}; its file stays as it was`]
    return { file: null, needs: read.needs(), missing: [], problems }
  }
}

function fileOf(
  path: string,
  context: NginxContext,
  template: OperatorTemplate,
  content: string,
  needs: readonly Need[],
): OperatorFile {
  const ref = { sha256: sha256(content), size: Buffer.byteLength(content) }
  if (!readsPlaces(needs)) return { path, context, ref, volatile: null, blobs: [content] }
  const volatile = { template, queries: needs.map(needText) }
  return { path, context, ref, volatile, blobs: [content, serialiseTemplate(template)] }
}

function problemsOf(name: string, { waiting, leftOut }: RenderedTemplate): readonly string[] {
  return [
    ...waiting.map(({ need, why }) => `template ${name} waits: ${needText(need)}: ${why}`),
    ...leftOut.map(({ origin, why }) => `${originText(origin)} is left out of template ${name}: ${why}`),
  ]
}

/** With those partials alone that it includes, so that another one's change is no change of this template. */
function templateOf(name: string, templates: Readonly<Record<string, string>>): OperatorTemplate {
  const whole = { name, text: templates[name] ?? '', partials: templates }
  try {
    const used = partialsOf(whole).map((partial) => [partial, templates[partial] ?? ''])
    return { ...whole, partials: Object.fromEntries(used) }
  } catch {
    // What is wrong with it is told when it is rendered.
    return whole
  }
}

/** Where a template's file lies in a release. */
export function operatorPath(name: string): string {
  return `${operatorFolder}${name}.conf`
}

function contextOf(name: string): NginxContext | null {
  const [, context] = /^[a-z0-9][a-z0-9-]{0,63}\.(http|stream)$/.exec(name) ?? []
  return context === 'http' || context === 'stream' ? context : null
}
