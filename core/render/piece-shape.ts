import type { NginxContext } from '../release/layout.ts'
import { checkDirectives, checkNames } from './check-directives.ts'
import { parseNginx } from './nginx-parse.ts'
import { scanTokens } from './nginx-tokens.ts'
import { outlineOf } from './outline.ts'

/**
 * A piece of our output with holes where pieces of the same kind differ: in words of some directives, and in comments. Whatever
 * fills the holes, as long as each word is one plain word, nginx reads the same directives with these words.
 */
export type Shape = {
  /** What stands before, between and after the holes. */
  readonly runs: readonly string[]
  readonly holes: readonly HoleKind[]
  /** Its outline: texts, and the numbers of the holes whose words stand between them. */
  readonly outline: readonly (readonly (string | number)[])[]
}

type HoleKind = 'word' | 'comment'
type Hole = { readonly kind: HoleKind; readonly start: number; readonly end: number }

/** Their words are many, and each is either compared with the model or only names an upstream that is. */
const varied: readonly string[] = ['server_name', 'location', 'if', 'proxy_pass', 'grpc_pass']

/** No sign of nginx's: such a word ends before anything else, and means itself wherever it stands. */
const plainWord = /^[A-Za-z0-9_.:/*~$()-]{1,1000}$/
const isPlain: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  plainWord.test(String.fromCharCode(code)),
)

/** No text of ours holds it. */
const mark = '\u0001'

/** Null for a piece that isn't well-formed by itself or holds what it mustn't: then the whole file is read, and says where. */
export function shapeOf(piece: string, context: NginxContext): Shape | null {
  if (piece.includes(mark)) return null
  try {
    const holes = holesIn(piece)
    const runs = [...holes, null].map((hole, at) => piece.slice(holes[at - 1]?.end ?? 0, hole?.start))
    const filled = runs.map((run, at) => run + (holes[at] === undefined ? '' : filling(holes[at], at)))
    const directives = parseNginx(filled.join(''))
    checkDirectives('', directives, context, context)
    checkNames('', directives)
    // Which upstreams stand in which order is compared over whole files.
    if (directives.some(({ name }) => name === 'upstream')) return null
    const outline = outlineOf(directives, context).map(({ text }) =>
      text.split(mark).map((part, at) => (at % 2 === 0 ? part : Number(part))),
    )
    return { runs, holes: holes.map(({ kind }) => kind), outline }
  } catch {
    return null
  }
}

/** The outline of what stands in the text from `from` to before `to`; null where that has another shape. */
export function outlineBy(
  { runs, holes, outline }: Shape,
  text: string,
  from: number,
  to: number,
): readonly string[] | null {
  const words: string[] = []
  let at = from
  for (const [nth, run] of runs.entries()) {
    // Compared as a whole, which is several times as quick as `startsWith`.
    if (text.slice(at, at + run.length) !== run) return null
    at += run.length
    const kind = holes[nth]
    if (kind === undefined) break
    const end = kind === 'word' ? plainEnd(text, at) : commentEnd(text, at)
    if (end - at > 1_000 || (kind === 'word' && end === at)) return null
    words.push(text.slice(at, end))
    at = end
  }
  if (at !== to) return null
  return outline.map((parts) => {
    let entry = ''
    for (const part of parts) entry += typeof part === 'string' ? part : words[part]
    return entry
  })
}

function filling({ kind }: Hole, at: number): string {
  return kind === 'comment' ? '' : `${mark}${at}${mark}`
}

/** In the order of the text. */
function holesIn(piece: string): readonly Hole[] {
  const holes: Hole[] = []
  let name: string | null = null
  let after = 0
  scanTokens(piece, '', (kind, value, _line, start, end) => {
    holes.push(...commentsIn(piece, after, start))
    after = end
    if (kind !== 'word') name = null
    else if (name === null) name = value
    else if (varied.includes(name) && plainWord.test(piece.slice(start, end)))
      holes.push({ kind: 'word', start, end })
  })
  return [...holes, ...commentsIn(piece, after, piece.length)]
}

/** Between two tokens stands nothing else than white space and comments. */
function commentsIn(piece: string, from: number, to: number): readonly Hole[] {
  const holes: Hole[] = []
  for (let at = piece.indexOf('#', from); at !== -1 && at < to; at = piece.indexOf('#', at)) {
    const start = at + 1
    at = commentEnd(piece, start)
    holes.push({ kind: 'comment', start, end: at })
  }
  return holes
}

function commentEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

function plainEnd(text: string, from: number): number {
  let at = from
  while (isPlain[text.charCodeAt(at)] === true) at += 1
  return at
}
