import type { NginxContext } from '../release/layout.ts'
import { checkDirectives, checkNames } from './check-directives.ts'
import { parseNginx } from './nginx-parse.ts'
import { outlineOf } from './outline.ts'

/**
 * Remembers what parts of earlier output said, so that of ten thousand servers only those that changed are read back. It holds
 * the pieces of the last two outputs at most.
 */
export type PieceMemo = {
  /** The outline of a file, or null where it must be read as a whole. */
  readonly outline: (content: string, context: NginxContext) => readonly string[] | null
  /** Ends an output: what it didn't contain is forgotten. */
  readonly settle: () => void
}

type Pieces = Map<string, readonly string[] | null>

export function createPieceMemo(): PieceMemo {
  const known: Record<NginxContext, Pieces> = { http: new Map(), stream: new Map() }
  let used: Record<NginxContext, Pieces> = { http: new Map(), stream: new Map() }

  function read(piece: string, context: NginxContext): readonly string[] | null {
    const found = known[context].get(piece)
    const entries = found === undefined ? readPiece(piece, context) : found
    used[context].set(piece, entries)
    return entries
  }

  return {
    outline: (content, context) => {
      const entries: string[] = []
      for (const piece of piecesOf(content)) {
        const own = read(piece, context)
        if (own === null) return null
        for (const entry of own) entries.push(entry)
      }
      return entries
    },
    settle: () => {
      Object.assign(known, used)
      used = { http: new Map(), stream: new Map() }
    },
  }
}

const start = '\nserver {'

/** Cut before every server at the start of a line. A piece that is well-formed by itself means the same wherever it stands. */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = []
  let from = 0
  for (;;) {
    const at = text.indexOf(start, from)
    if (at === -1) break
    pieces.push(text.slice(from, at + 1))
    from = at + 1
  }
  pieces.push(text.slice(from))
  return pieces
}

/** Null for a piece that isn't complete or holds what it mustn't: then the whole file is read, and says where. */
function readPiece(piece: string, context: NginxContext): readonly string[] | null {
  try {
    const directives = parseNginx(piece)
    checkDirectives('', directives, context, context)
    checkNames('', directives)
    // Which upstreams stand in which order is compared over whole files.
    if (directives.some(({ name }) => name === 'upstream')) return null
    return outlineOf(directives, context).map(({ text }) => text)
  } catch {
    return null
  }
}
