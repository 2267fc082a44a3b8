import { QuaysideError } from '../errors.ts'
import { type Token, tokenize } from './nginx-tokens.ts'

/** One directive; `block` is null for those that end in a semicolon. */
export type Directive = {
  readonly name: string
  readonly args: readonly string[]
  readonly block: readonly Directive[] | null
  readonly line: number
  /** The words as they stand in the text: the name first, then each argument. */
  readonly words: readonly Token[]
}

type Frame = { readonly directives: Directive[]; readonly head: readonly Token[] }

/** The block tree of nginx configuration. Throws `RENDER_REFUSED` with `file` and line where the text is not well-formed. */
export function parseNginx(text: string, file = 'text'): readonly Directive[] {
  const root: Frame = { directives: [], head: [] }
  const open: Frame[] = [root]
  let words: Token[] = []
  for (const token of tokenize(text, file)) {
    const frame = open.at(-1) ?? root
    if (token.kind === 'word') words.push(token)
    else if (token.kind === '}') {
      if (words.length > 0) throw malformed(file, token, 'a directive is not ended before "}"')
      const parent = open.at(-2)
      if (parent === undefined) throw malformed(file, token, 'unexpected "}"')
      parent.directives.push(directive(frame.head, frame.directives))
      open.pop()
    } else {
      if (words.length === 0) throw malformed(file, token, `unexpected "${token.kind}"`)
      if (token.kind === ';') frame.directives.push(directive(words, null))
      else open.push({ directives: [], head: words })
      words = []
    }
  }
  const unended = words[0] ?? open.at(-1)?.head[0]
  if (unended !== undefined) throw malformed(file, unended, `"${unended.value}" is never ended`)
  return root.directives
}

/** Every directive of the tree with its depth-first place, parents before children. */
export function flatten(directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((one) => [one, ...flatten(one.block ?? [])])
}

function directive(words: readonly Token[], block: readonly Directive[] | null): Directive {
  const [name, ...args] = words
  return {
    name: name?.value ?? '',
    args: args.map((arg) => arg.value),
    block,
    line: name?.line ?? 0,
    words,
  }
}

function malformed(file: string, token: Token, reason: string): QuaysideError {
  return new QuaysideError('RENDER_REFUSED', `${file}, line ${token.line}: ${reason}`)
}
