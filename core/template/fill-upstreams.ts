import { parseNginx } from '../render/nginx-parse.ts'
import { scanTokens } from '../render/nginx-tokens.ts'

/**
 * Gives each `upstream` without a server the one server `127.0.0.1:1 down`: nginx refuses an empty upstream, and then every later
 * change with it, while with this one it answers 502 until an instance is there. Also proves that the text is well-formed: throws
 * `RENDER_REFUSED` with the output's line where it isn't.
 */
export function fillUpstreams(text: string, file: string): string {
  const blocks = parseNginx(text, file)
  const isEmpty = blocks.some(({ name, block }) => {
    return name === 'upstream' && !block?.some((inner) => providers.includes(inner.name))
  })
  if (!isEmpty) return text
  const ends = emptyEnds(text, file)
  return [...ends, text.length]
    .map((end, at) => text.slice(at === 0 ? 0 : ends[at - 1], end))
    .join('    server 127.0.0.1:1 down;\n')
}

/** What gives an upstream its servers; an included file may. */
const providers: readonly string[] = ['server', 'include']

/** Where the closing braces of the empty upstreams stand. */
function emptyEnds(text: string, file: string): readonly number[] {
  const ends: number[] = []
  const heads: string[] = []
  let head: string | null = null
  let filled = false
  scanTokens(text, file, (kind, value, _line, start) => {
    if (kind === 'word') {
      head ??= value
      return
    }
    if (kind === ';' && heads.length === 1) filled ||= providers.includes(head ?? '')
    if (kind === '{') {
      if (heads.length === 0) filled = false
      heads.push(head ?? '')
    }
    if (kind === '}' && heads.pop() === 'upstream' && heads.length === 0 && !filled) ends.push(start)
    head = null
  })
  return ends
}
