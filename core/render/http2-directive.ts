import { scanTokens } from './nginx-tokens.ts'

type Word = { readonly value: string; readonly start: number; readonly end: number }
type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** A block that is being read; `after` is where its first `listen … http2` ends. */
type Block = { after: number | null; isStated: boolean }

/**
 * Writes `http2 on;` into servers whose `listen` directives have the parameter `http2`, which nginx warns of since 1.25.1. Every other
 * byte stays. Throws `RENDER_REFUSED` where the text is not nginx configuration.
 */
export function http2Directive(text: string): string {
  if (!/\bhttp2\b/.test(text)) return text
  const edits: Edit[] = []
  const open: Block[] = [{ after: null, isStated: false }]
  let words: Word[] = []
  scanTokens(text, 'text', (kind, value, _line, start, end) => {
    if (kind === 'word') {
      words.push({ value, start, end })
      return
    }
    const block = open.at(-1)
    if (kind === ';' && block !== undefined) readDirective(block, words, end, edits)
    if (kind === '{') open.push({ after: null, isStated: false })
    if (kind === '}') finish(open.pop(), edits)
    words = []
  })
  for (const block of open) finish(block, edits)
  return applied(text, edits)
}

function readDirective(block: Block, words: readonly Word[], end: number, edits: Edit[]): void {
  const [name, ...args] = words
  if (name?.value === 'http2') block.isStated = true
  if (name?.value !== 'listen') return
  for (const [i, arg] of args.entries()) {
    // The first argument is the place, whatever it is called.
    const before = args[i - 1]
    if (arg.value !== 'http2' || before === undefined) continue
    edits.push({ start: before.end, end: arg.end, text: '' })
    block.after ??= end
  }
}

function finish(block: Block | undefined, edits: Edit[]): void {
  if (block === undefined || block.after === null || block.isStated) return
  edits.push({ start: block.after, end: block.after, text: ' http2 on;' })
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = ''
  let copied = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    result += text.slice(copied, edit.start) + edit.text
    copied = edit.end
  }
  return result + text.slice(copied)
}
