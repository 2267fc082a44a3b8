import Handlebars from 'handlebars'
import { templateFailed } from './template-failed.ts'

export type TemplateTree = ReturnType<typeof Handlebars.parse>

const encoderNames: readonly string[] = ['token', 'quoted', 'comment']
const blockNames: readonly string[] = ['if', 'unless', 'each', 'with']

export type LintedTemplate = {
  readonly tree: TemplateTree
  /** Names of the partials that it includes. */
  readonly partials: readonly string[]
  /** Whether it reads nothing but what it is given as its context: the same object then gives the same text. */
  readonly closed: boolean
}

/**
 * Parses a template and refuses what could let data past the encoders: `{{x}}` and `{{{x}}}` without one, unknown helpers, and partials
 * or decorators chosen while rendering. Throws `TEMPLATE_FAILED`.
 */
export function lintTemplate(name: string, text: string): LintedTemplate {
  const partials: string[] = []
  let closed = true
  const refuse = (line: number, reason: string): never => {
    throw templateFailed(name, line, reason)
  }
  const tree = parse(name, text)
  const visitor = new Handlebars.Visitor()
  visitor.MustacheStatement = (node) => {
    const encoder = pathOf(node.path)
    if (!encoderNames.includes(encoder) || !node.escaped || node.params.length !== 1) {
      refuse(
        node.loc.start.line,
        `write {{token x}}, {{quoted x}} or {{comment x}} instead of {{${encoder}}}`,
      )
    }
    visitor.acceptArray(node.params)
  }
  visitor.BlockStatement = (node) => {
    const block = pathOf(node.path)
    if (!blockNames.includes(block))
      refuse(node.loc.start.line, `{{#${block}}} is not one of #${blockNames.join(', #')}`)
    visitor.acceptArray(node.params)
    visitor.accept(node.program)
    if (node.inverse) visitor.accept(node.inverse)
  }
  visitor.PartialStatement = (node) => {
    if (node.name.type !== 'PathExpression') refuse(node.loc.start.line, 'a partial must be named literally')
    partials.push(pathOf(node.name))
    visitor.acceptArray(node.params)
    if (node.hash) visitor.accept(node.hash)
  }
  visitor.PathExpression = (node) => {
    if (node.data || node.depth > 0) closed = false
  }
  const refused = (node: { loc: { start: { line: number } } }) =>
    refuse(node.loc.start.line, 'inline partials and decorators are not supported')
  visitor.PartialBlockStatement = refused
  visitor.DecoratorBlock = refused
  visitor.Decorator = refused
  visitor.accept(tree)
  return { tree, partials, closed }
}

function parse(name: string, text: string): TemplateTree {
  try {
    return Handlebars.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const line = /on line (\d+)/.exec(message)?.[1] ?? /- (\d+):/.exec(message)?.[1]
    throw templateFailed(name, line === undefined ? null : Number(line), message.replace(/\s+/g, ' '))
  }
}

function pathOf(node: { readonly type?: string; readonly original?: unknown }): string {
  return typeof node.original === 'string' ? node.original : String(node.type)
}
