import { QuaysideError } from '../errors.ts'
import { scanTokens } from './nginx-tokens.ts'

/** One directive; `block` is null for those that end in a semicolon. */
export type Directive = {
  readonly name: string
  readonly args: readonly string[]
  readonly block: readonly Directive[] | null
  readonly line: number
  /** Where the first argument stands in the text; -1 where there is none. */
  readonly argStart: number
  readonly argEnd: number
}

/** A directive in the making. */
type Head = {
  readonly name: string
  readonly args: string[]
  block: readonly Directive[] | null
  readonly line: number
  argStart: number
  argEnd: number
}
type Frame = { readonly directives: Directive[]; readonly head: Head | null }

/** The block tree of nginx configuration. Throws `RENDER_REFUSED` with `file` and line where the text is not well-formed. */
export function parseNginx(text: string, file = 'text'): readonly Directive[] {
  const root: Frame = { directives: [], head: null }
  const open: Frame[] = [root]
  let head: Head | null = null
  scanTokens(text, file, (kind, value, line, start, end) => {
    if (kind === 'word') {
      head = withWord(head, value, line, start, end)
      return
    }
    if (kind === '}') {
      if (head !== null) throw malformed(file, line, 'a directive is not ended before "}"')
      close(open, file, line)
      return
    }
    if (head === null) throw malformed(file, line, `unexpected "${kind}"`)
    if (kind === ';') (open.at(-1) ?? root).directives.push(head)
    else open.push({ directives: [], head })
    head = null
  })
  const unended = head ?? open.at(-1)?.head ?? null
  if (unended !== null) throw malformed(file, unended.line, `"${unended.name}" is never ended`)
  return root.directives
}

function withWord(head: Head | null, value: string, line: number, start: number, end: number): Head {
  if (head === null) return { name: value, args: [], block: null, line, argStart: -1, argEnd: -1 }
  if (head.args.length === 0) {
    head.argStart = start
    head.argEnd = end
  }
  head.args.push(value)
  return head
}

function close(open: Frame[], file: string, line: number): void {
  const frame = open.pop()
  const parent = open.at(-1)
  if (frame === undefined || frame.head === null || parent === undefined)
    throw malformed(file, line, 'unexpected "}"')
  frame.head.block = frame.directives
  parent.directives.push(frame.head)
}

/** Every directive of the tree with its depth-first place, parents before children. */
export function flatten(directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((one) => [one, ...flatten(one.block ?? [])])
}

function malformed(file: string, line: number, reason: string): QuaysideError {
  return new QuaysideError('RENDER_REFUSED', `${file}, line ${line}: ${reason}`)
}
