import { QuaysideError } from '../errors.ts'

/** A word of nginx configuration with where it stands in the text: `start` inclusive, `end` exclusive. */
export type Token = {
  readonly kind: 'word' | ';' | '{' | '}'
  /** Without quotes and escapes. */
  readonly value: string
  readonly quoted: boolean
  readonly line: number
  readonly start: number
  readonly end: number
}

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
export function tokenize(text: string, file = 'text'): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const char = text.charCodeAt(at)
    if (char === hash) {
      const end = lineEnd(text, at)
      // nginx counts the white space after a comment with it.
      if (isLonger(text, at, end, 4_000)) throw unreadable(file, line, 'a comment is longer than 4,000 bytes')
      at = end
    } else if (isSpace(char)) {
      if (char === feed) line += 1
      at += 1
    } else {
      const token = readToken(text, at, line, file)
      tokens.push(token)
      // Only a quoted or escaped word can hold a line break.
      if (token.end - token.start > 1) line += newlines(text, at, token.end)
      at = token.end
    }
  }
  return tokens
}

function readToken(text: string, start: number, line: number, file: string): Token {
  const char = text.charCodeAt(start)
  if (char === semicolon) return sign(';', line, start)
  if (char === opening) return sign('{', line, start)
  if (char === closing) return sign('}', line, start)
  const quoted = char === single || char === double
  const end = quoted ? quotedEnd(text, start, char) : bareEnd(text, start)
  if (end === null) throw unreadable(file, line, 'a quote is never closed')
  if (quoted && !/^[\s;{)]?$/.test(text.charAt(end))) {
    throw unreadable(file, line, 'something follows a closing quote without a space')
  }
  if (isLonger(text, start, end, 4_095)) throw unreadable(file, line, 'a word is longer than 4,095 bytes')
  const raw = quoted ? text.slice(start + 1, end - 1) : text.slice(start, end)
  return { kind: 'word', value: unescaped(raw), quoted, line, start, end }
}

function sign(kind: ';' | '{' | '}', line: number, start: number): Token {
  return { kind, value: kind, quoted: false, line, start, end: start + 1 }
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
