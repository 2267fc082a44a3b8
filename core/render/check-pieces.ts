import type { NginxContext } from '../release/layout.ts'
import { outlineBy, type Shape, shapeOf } from './piece-shape.ts'

/**
 * Remembers the shapes of earlier output. Ten thousand servers have a few of them: the first of each is read as nginx would, and of the
 * others only what differs.
 */
export type PieceMemo = {
  /** The outline of a file, or null where it must be read as a whole. */
  readonly outline: (content: string, context: NginxContext) => readonly string[] | null
}

/** The ones that were used last come first. */
type Shapes = Record<NginxContext, readonly Shape[]>
const mostShapes = 64

export function createPieceMemo(): PieceMemo {
  const shapes: Shapes = { http: [], stream: [] }

  function read(text: string, from: number, to: number, context: NginxContext): readonly string[] | null {
    const known = shapes[context]
    for (const [at, shape] of known.entries()) {
      const outline = outlineBy(shape, text, from, to)
      if (outline === null) continue
      if (at > 0) shapes[context] = [shape, ...known.filter((one) => one !== shape)]
      return outline
    }
    const shape = shapeOf(text.slice(from, to), context)
    if (shape === null) return null
    shapes[context] = [shape, ...known].slice(0, mostShapes)
    return outlineBy(shape, text, from, to)
  }

  return {
    outline: (content, context) => {
      const entries: string[] = []
      for (let from = 0; from < content.length; ) {
        const to = pieceEnd(content, from)
        const own = read(content, from, to, context)
        if (own === null) return null
        for (const entry of own) entries.push(entry)
        from = to
      }
      return entries
    },
  }
}

const start = '\nserver {'

/** Before every server at the start of a line. A piece that is well-formed by itself means the same wherever it stands. */
function pieceEnd(text: string, from: number): number {
  const at = text.indexOf(start, from)
  return at === -1 ? text.length : at + 1
}
