import { comment, type Encoder, quoted, token } from './encoders.ts'
import type { TemplateTree } from './lint-template.ts'

type Partial = (name: string, context: unknown) => string
type Write = (context: unknown, out: string[], partial: Partial) => void
type Value = (context: unknown) => unknown

/** Gives the text of a template for a context; `partial` gives that of another one. */
export type QuickTemplate = (context: unknown, partial: Partial) => string

const encoders: Readonly<Record<string, Encoder>> = { token, quoted, comment }

/** Ends a rendering that Handlebars must do: it knows more than is done here, and says where in a template something is wrong. */
class NotQuick extends Error {}

/**
 * The same text as Handlebars gives, in a fraction of the time: for each value that a template writes, Handlebars makes an object that
 * says where, and a catalog of ten thousand services writes half a million. Null for a template that uses more than paths, literals,
 * encoders, the four blocks and partials. What it makes throws for anything unusual, which is for Handlebars to judge.
 */
export function quickTemplate(tree: TemplateTree): QuickTemplate | null {
  try {
    const write = program(tree)
    return (context, partial) => {
      const out: string[] = []
      write(context, out, partial)
      return out.join('')
    }
  } catch (error) {
    if (error instanceof NotQuick) return null
    throw error
  }
}

function program({ body }: { readonly body: readonly hbs.AST.Node[] }): Write {
  const parts = body.map(statement)
  return (context, out, partial) => {
    for (const part of parts) part(context, out, partial)
  }
}

function statement(node: hbs.AST.Node): Write {
  if (isA<hbs.AST.ContentStatement>(node, 'ContentStatement')) {
    return (_context, out) => {
      out.push(node.value)
    }
  }
  if (isA<hbs.AST.CommentStatement>(node, 'CommentStatement')) return () => {}
  if (isA<hbs.AST.MustacheStatement>(node, 'MustacheStatement')) return mustache(node)
  if (isA<hbs.AST.BlockStatement>(node, 'BlockStatement')) return block(node)
  if (isA<hbs.AST.PartialStatement>(node, 'PartialStatement')) return inclusion(node)
  throw new NotQuick()
}

function mustache({ path, params, hash }: hbs.AST.MustacheStatement): Write {
  const encode = encoders[nameOf(path)]
  const read = value(params[0])
  if (encode === undefined || hash !== undefined) throw new NotQuick()
  return (context, out) => {
    out.push(encode(read(context)))
  }
}

function block({ path, params, hash, program: main, inverse }: hbs.AST.BlockStatement): Write {
  const read = value(params[0])
  if (hash !== undefined || params.length !== 1 || (main.blockParams ?? []).length > 0) throw new NotQuick()
  const then = program(main)
  const otherwise = inverse === undefined ? () => {} : program(inverse)
  const demanded: Value = (context) => {
    const found = read(context)
    if (found === undefined) throw new NotQuick()
    return found
  }
  if (nameOf(path) === 'each') return loop(demanded, then, otherwise)
  if (nameOf(path) === 'with') return choice(demanded, isEmpty, otherwise, then, true)
  if (nameOf(path) === 'unless') return choice(demanded, isFalse, then, otherwise, false)
  return choice(demanded, isFalse, otherwise, then, false)
}

function loop(read: Value, then: Write, otherwise: Write): Write {
  return (context, out, partial) => {
    const items = read(context)
    if (!Array.isArray(items)) throw new NotQuick()
    if (items.length === 0) otherwise(context, out, partial)
    for (const item of items) then(item, out, partial)
  }
}

function choice(
  read: Value,
  test: (value: unknown) => boolean,
  yes: Write,
  no: Write,
  enters: boolean,
): Write {
  return (context, out, partial) => {
    const found = read(context)
    if (test(found)) yes(context, out, partial)
    else no(enters ? found : context, out, partial)
  }
}

function isEmpty(found: unknown): boolean {
  return (!found && found !== 0) || (Array.isArray(found) && found.length === 0)
}

function isFalse(found: unknown): boolean {
  return !found || isEmpty(found)
}

function inclusion({ name, params, hash, indent }: hbs.AST.PartialStatement): Write {
  const called = nameOf(name)
  const read = params[0] === undefined ? (context: unknown) => context : value(params[0])
  const added = (hash?.pairs ?? []).map(({ key, value: given }) => [key, value(given)] as const)
  return (context, out, partial) => {
    const given = read(context)
    const own =
      added.length === 0
        ? given
        : { ...object(given), ...Object.fromEntries(added.map(([key, one]) => [key, one(context)])) }
    out.push(indented(partial(called, own), indent))
  }
}

/** Every line of a partial begins where the partial's own line does. */
function indented(text: string, indent: string): string {
  if (indent === '' || text === '') return text
  const ended = text.endsWith('\n')
  const lines = ended ? text.slice(0, -1) : text
  return `${indent}${lines.replaceAll('\n', `\n${indent}`)}${ended ? '\n' : ''}`
}

function value(node: hbs.AST.Node | undefined): Value {
  if (node === undefined) throw new NotQuick()
  if (isA<hbs.AST.PathExpression>(node, 'PathExpression')) {
    const { parts, data, depth } = node
    if (data || depth > 0 || parts.some((part) => typeof part !== 'string')) throw new NotQuick()
    return (context) => lookUp(context, parts)
  }
  if (isA<hbs.AST.StringLiteral>(node, 'StringLiteral')) return () => node.value
  if (isA<hbs.AST.NumberLiteral>(node, 'NumberLiteral')) return () => node.value
  if (isA<hbs.AST.BooleanLiteral>(node, 'BooleanLiteral')) return () => node.value
  throw new NotQuick()
}

/** Members of the objects themselves only: `constructor` is a host name too. */
function lookUp(context: unknown, parts: readonly string[]): unknown {
  let found = context
  for (const part of parts) {
    if (found === undefined || found === null) return found
    if (!Object.hasOwn(object(found), part)) return undefined
    found = object(found)[part]
  }
  return found
}

function object(found: unknown): Readonly<Record<string, unknown>> {
  if (typeof found !== 'object' || found === null) throw new NotQuick()
  return found as Readonly<Record<string, unknown>>
}

function nameOf(node: hbs.AST.Node): string {
  return isA<hbs.AST.PathExpression>(node, 'PathExpression') ? node.original : ''
}

function isA<T extends hbs.AST.Node>(node: hbs.AST.Node, type: string): node is T {
  return node.type === type
}
