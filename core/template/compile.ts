import Handlebars from 'handlebars'
import { templateFailed } from '../render/template-failed.ts'
import { nearest } from '../settings/nearest.ts'
import { blockNames, helperNames, writerNames } from './helpers/all.ts'
import { scratchSetters } from './helpers/scratch.ts'
import { marks } from './written.ts'

export type TemplateTree = ReturnType<typeof Handlebars.parse>

type Call = hbs.AST.MustacheStatement | hbs.AST.SubExpression | hbs.AST.BlockStatement
type Refuse = (node: hbs.AST.Node, reason: string) => never

/**
 * Parses a template so that every value it writes goes through an encoder: `{{x}}` becomes `{{write x}}`. Unknown functions, unescaped
 * values without `raw`, and partials or decorators chosen while rendering are refused with their line. Returns the tree and the names of
 * its partials. Throws `TEMPLATE_FAILED`.
 */
export function parseTemplate(
  name: string,
  text: string,
): { tree: TemplateTree; partials: readonly string[] } {
  const partials: string[] = []
  const refuse: Refuse = ({ loc }, reason) => {
    throw templateFailed(name, loc.start.line, reason)
  }
  if (marks.test(text)) throw templateFailed(name, null, 'it holds the private characters U+E000 or U+E001')
  const tree = parse(name, text)
  const visitor = new Handlebars.Visitor()
  const visitArguments = (node: Call) => {
    visitor.acceptArray(node.params)
    if (node.hash) visitor.accept(node.hash)
  }
  visitor.MustacheStatement = (node) => {
    visitArguments(node)
    rewriteOutput(node, refuse)
  }
  visitor.SubExpression = (node) => {
    visitArguments(node)
    nameCall(node, helperNames.concat('lookup'), refuse)
  }
  visitor.BlockStatement = (node) => {
    visitArguments(node)
    nameBlock(node, refuse)
    visitor.accept(node.program)
    if (node.inverse) visitor.accept(node.inverse)
  }
  visitor.PartialStatement = (node) => {
    if (node.name.type !== 'PathExpression') refuse(node, 'a partial must be named literally')
    partials.push(pathOf(node.name))
    visitor.acceptArray(node.params)
    if (node.hash) visitor.accept(node.hash)
  }
  const refused = (node: hbs.AST.Node) =>
    refuse(node, 'inline partials and decorators are not supported; put the part into a file of its own')
  visitor.PartialBlockStatement = refused
  visitor.DecoratorBlock = refused
  visitor.Decorator = refused
  visitor.accept(tree)
  return { tree, partials }
}

/** `{{x}}` → `{{write x}}`, `{{f a}}` → `{{write (f a)}}`; what has its own encoder, or writes nothing, stays. */
function rewriteOutput(node: hbs.AST.MustacheStatement, refuse: Refuse): void {
  const path = pathOf(node.path)
  if (!node.escaped)
    refuse(node, `{{{${path}}}} would write anything; {{raw ${path}}} does, at your own risk`)
  if (writerNames.includes(path)) {
    if (node.params.length !== 1 || node.hash) refuse(node, `{{${path} x}} takes one value`)
    return
  }
  const [, method = ''] = /^scratch\.(.*)$/.exec(path) ?? []
  const isCall = node.params.length > 0 || node.hash !== undefined || isKnown(path)
  if (isCall) nameCall(node, helperNames.concat('lookup'), refuse)
  if (scratchSetters.includes(method)) return
  const { loc, params, hash } = node
  const called = { type: 'SubExpression' as const, path: node.path, params, hash, loc }
  // The second argument is for the message about a field that isn't there.
  const field = { type: 'StringLiteral' as const, value: path, original: path, loc }
  node.params = isCall ? [called] : [node.path, field]
  node.path = pathTo('write', loc)
  // The types say that a call always has named arguments; the parser leaves them out where there are none.
  node.hash = undefined as unknown as hbs.AST.Hash
}

function nameBlock(node: hbs.AST.BlockStatement, refuse: Refuse): void {
  const path = pathOf(node.path)
  if (node.params.length === 0 && !isKnown(path) && !blockNames.includes(path) && !node.hash)
    refuse(node, `{{#${path}}} is no function; write {{#each ${path}}}, {{#if ${path}}} or {{#with ${path}}}`)
  if (blockNames.includes(path) && (node.params.length !== 1 || node.hash))
    refuse(node, `{{#${path} x}} takes one value`)
  nameCall(node, helperNames.concat(blockNames), refuse)
  // An expression may yield nothing, a name that isn't there is rather misspelt.
  if (path === 'each' && node.params[0]?.type === 'SubExpression') node.path = pathTo('each-of', node.loc)
}

/** Checks a called name, and makes one part of the two of `scratch.Set`. */
function nameCall(node: Call, known: readonly string[], refuse: Refuse): void {
  const path = pathOf(node.path)
  if (writerNames.includes(path))
    refuse(node, `{{${path} x}} writes a value, and can't be part of anything else`)
  if (!known.includes(path)) {
    const meant = nearest(path, known)
    refuse(node, `there is no function "${path}"${meant === null ? '' : `; did you mean ${meant}?`}`)
  }
  if (path.startsWith('scratch.')) node.path = pathTo(path, node.loc)
}

function isKnown(path: string): boolean {
  return helperNames.includes(path)
}

function pathTo(name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc }
}

function pathOf(node: hbs.AST.Node): string {
  return 'original' in node ? String(node.original) : ''
}

function parse(name: string, text: string): TemplateTree {
  try {
    return Handlebars.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const line = /on line (\d+)/.exec(message)?.[1] ?? /- (\d+):/.exec(message)?.[1]
    const reason = `${hintOn(message)}${message.replace(/\s+/g, ' ')}`
    throw templateFailed(name, line === undefined ? null : Number(line), reason)
  }
}

/** What a parser's error most often means, in words for who knows consul-template rather than Handlebars' grammar. */
function hintOn(message: string): string {
  if (/got 'CLOSE_(UNESCAPED|RAW_BLOCK)'/.test(message))
    return "}}} is one sign: put a space before nginx's own brace. "
  if (/got 'SEP'/.test(message)) return 'A field is written without a dot in front: {{Address}}. '
  if (/got 'EOF'/.test(message)) return 'A block is not closed: {{/…}} is missing. '
  return ''
}
