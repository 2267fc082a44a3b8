import { type Directive, parseNginx } from '../render/nginx-parse.ts'
import { tokenize } from '../render/nginx-tokens.ts'

/**
 * Gives each `upstream` without a server the one server `127.0.0.1:1 down`: nginx refuses an empty upstream, and then every later
 * change with it, while with this one it answers 502 until an instance is there. Also proves that the text is well-formed: throws
 * `RENDER_REFUSED` with the output's line where it isn't.
 */
export function fillUpstreams(text: string, file: string): string {
  const empty = parseNginx(text, file).filter(isEmptyUpstream)
  if (empty.length === 0) return text
  const ends = empty.map((upstream) => blockEnd(text, Math.max(0, upstream.argStart)))
  return [...ends, text.length]
    .map((end, at) => text.slice(at === 0 ? 0 : ends[at - 1], end))
    .join('    server 127.0.0.1:1 down;\n')
}

/** One that includes a file may get its servers from there. */
function isEmptyUpstream({ name, block }: Directive): boolean {
  if (name !== 'upstream' || block === null) return false
  return !block.some((inner) => inner.name === 'server' || inner.name === 'include')
}

/** Where the brace stands that ends the block of the directive which begins at `start`. */
function blockEnd(text: string, start: number): number {
  let depth = 0
  for (const { kind, start: at } of tokenize(text.slice(start))) {
    if (kind === '{') depth += 1
    if (kind === '}') depth -= 1
    if (kind === '}' && depth === 0) return start + at
  }
  return text.length
}
