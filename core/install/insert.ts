import { scanTokens } from '../render/nginx-tokens.ts'

/** Lines put into a file of the operator's; `at` is where they begin in the text as it was. */
export type Insertion = { readonly at: number; readonly text: string }

/** The first of the lines that are inserted; as long as it is in a file, something of install is. */
export const begin = '# Begin of what "quayside-agent install" wrote; "quayside-agent uninstall" removes it.'
const end = '# End of what "quayside-agent install" wrote.'

/** At the end of the first block of this name in the main context; null where there is none. */
export function insertIntoBlock(text: string, block: string, line: string): Insertion | null {
  const closing = closingBrace(text, block)
  if (closing === null) return null
  const lineStart = text.lastIndexOf('\n', closing - 1) + 1
  const aloneInLine = text.slice(lineStart, closing).trim() === ''
  if (!aloneInLine) return { at: closing, text: `\n${marked([line], '    ')}` }
  return { at: lineStart, text: marked([line], `${text.slice(lineStart, closing)}    `) }
}

/** At the end of the file. */
export function insertAtEnd(text: string, lines: readonly string[]): Insertion {
  return { at: text.length, text: `${text === '' || text.endsWith('\n') ? '' : '\n'}${marked(lines, '')}` }
}

export function withInsertion(text: string, { at, text: lines }: Insertion): string {
  return text.slice(0, at) + lines + text.slice(at)
}

/** The text without lines that were inserted; null where they aren't in it, once and as they were written. */
export function withoutInserted(text: string, lines: string): string | null {
  const at = text.indexOf(lines)
  if (at < 0 || text.indexOf(lines, at + 1) >= 0) return null
  return text.slice(0, at) + text.slice(at + lines.length)
}

function marked(lines: readonly string[], indent: string): string {
  return [begin, ...lines, end].map((line) => `${indent}${line}\n`).join('')
}

function closingBrace(text: string, block: string): number | null {
  let depth = 0
  let head = ''
  let inside = false
  let found: number | null = null
  scanTokens(text, 'nginx.conf', (kind, value, _line, start) => {
    if (kind === '{') {
      if (depth === 0) inside = head === block
      depth += 1
    } else if (kind === '}') {
      depth -= 1
      if (depth === 0 && inside && found === null) found = start
    }
    if (kind !== 'word') head = ''
    else if (head === '') head = value
  })
  return found
}
