import { QuaysideError } from '../errors.ts'

/** What a token is: a word, or one of the three signs that end or nest directives. */
export type TokenKind = 'word' | ';' | '{' | '}'

/** `value` is without quotes and escapes; in the text the token stands from `start` to before `end`. */
export type TokenVisitor = (kind: TokenKind, value: string, line: number, start: number, end: number) => void

const code = (char: string) => char.charCodeAt(0)
const space = code(' ')
const tab = code('\t')
const feed = code('\n')
const carriage = code('\r')
const hash = code('#')
const backslash = code('\\')
const dollar = code('$')
const opening = code('{')
const closing = code('}')
const semicolon = code(';')
const single = code("'")
const double = code('"')

/**
 * Splits text the way nginx does: quotes and `#` count only at the start of a word, a backslash takes the next character,
 * `${` is part of its word, and a `}` in the middle of a word belongs to it. Throws `RENDER_REFUSED` for what nginx can't read.
 */
export function scanTokens(text: string, file: string, visit: TokenVisitor): void {
  let at = 0
  let line = 1
  while (at < text.length) {
    const char = text.charCodeAt(at)
    if (char === hash) at = commentEnd(text, at, line, file)
    else if (isSpace(char)) {
      if (char === feed) line += 1
      at += 1
    } else {
      const sign = signOf(char)
      const end = sign === null ? wordEnd(text, at, line, file) : at + 1
      visit(sign ?? 'word', sign ?? wordAt(text, at, end), line, at, end)
      if (sign === null) line += newlines(text, at, end)
      at = end
    }
  }
}

function signOf(char: number): ';' | '{' | '}' | null {
  if (char === semicolon) return ';'
  if (char === opening) return '{'
  return char === closing ? '}' : null
}

function isQuote(char: number): boolean {
  return char === single || char === double
}

/** nginx counts the white space after a comment with it. */
function commentEnd(text: string, start: number, line: number, file: string): number {
  const end = lineEnd(text, start)
  if (isLonger(text, start, end, 4_000)) throw unreadable(file, line, 'a comment is longer than 4,000 bytes')
  return end
}

function wordEnd(text: string, start: number, line: number, file: string): number {
  const char = text.charCodeAt(start)
  const end = isQuote(char) ? closingEnd(text, start, char, line, file) : bareEnd(text, start)
  if (isLonger(text, start, end, 4_095)) throw unreadable(file, line, 'a word is longer than 4,095 bytes')
  return end
}

function closingEnd(text: string, start: number, char: number, line: number, file: string): number {
  const end = quotedEnd(text, start, char)
  if (end === null) throw unreadable(file, line, 'a quote is never closed')
  if (!/^[\s;{)]?$/.test(text.charAt(end)))
    throw unreadable(file, line, 'something follows a closing quote without a space')
  return end
}

function wordAt(text: string, start: number, end: number): string {
  const raw = isQuote(text.charCodeAt(start)) ? text.slice(start + 1, end - 1) : text.slice(start, end)
  return unescaped(raw)
}

function bareEnd(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const char = text.charCodeAt(at)
    if (char === backslash || (char === dollar && text.charCodeAt(at + 1) === opening)) at += 1
    else if (char === semicolon || char === opening || isSpace(char)) return at
    at += 1
  }
  return Math.min(at, text.length)
}

function quotedEnd(text: string, start: number, quote: number): number | null {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === backslash) at += 1
    else if (char === quote) return at + 1
  }
  return null
}

function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw
  return raw.replace(/\\(["'\\trn])/g, (_, char: string) => ({ t: '\t', r: '\r', n: '\n' })[char] ?? char)
}

/** nginx reads its files through a buffer of 4,096 bytes, which no word and no comment may fill. */
function isLonger(text: string, start: number, end: number, most: number): boolean {
  return end - start > 1_000 && new TextEncoder().encode(text.slice(start, end)).length > most
}

function isSpace(char: number): boolean {
  return char === space || char === tab || char === carriage || char === feed
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

function newlines(text: string, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at) === feed) count += 1
  return count
}

function unreadable(file: string, line: number, reason: string): QuaysideError {
  return new QuaysideError(
    'RENDER_REFUSED',
    `${file}, line ${line}: not readable as nginx configuration: ${reason}`,
  )
}
