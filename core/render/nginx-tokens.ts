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

/**
 * Splits text the way nginx does: quotes and `#` count only at the start of a word, a backslash takes the next character,
 * `${` is part of its word, and a `}` in the middle of a word belongs to it. Throws `RENDER_REFUSED` for what nginx can't read.
 */
export function tokenize(text: string, file = 'text'): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '#') at = lineEnd(text, at)
    else if (isSpace(char)) {
      if (char === '\n') line += 1
      at += 1
    } else {
      const token = readToken(text, at, line, file)
      tokens.push(token)
      line += newlines(text, at, token.end)
      at = token.end
    }
  }
  return tokens
}

function readToken(text: string, start: number, line: number, file: string): Token {
  const char = text.charAt(start)
  if (char === ';' || char === '{' || char === '}') {
    return { kind: char, value: char, quoted: false, line, start, end: start + 1 }
  }
  const quote = char === '"' || char === "'" ? char : null
  const end = quote === null ? bareEnd(text, start) : quotedEnd(text, start, quote)
  if (end === null) throw unreadable(file, line, 'a quote is never closed')
  if (quote !== null && !/^[\s;{)]?$/.test(text.charAt(end))) {
    throw unreadable(file, line, 'something follows a closing quote without a space')
  }
  const raw = quote === null ? text.slice(start, end) : text.slice(start + 1, end - 1)
  return { kind: 'word', value: unescaped(raw), quoted: quote !== null, line, start, end }
}

function bareEnd(text: string, start: number): number {
  let at = start
  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '\\' || (char === '$' && text.charAt(at + 1) === '{')) at += 1
    else if (char === ';' || char === '{' || isSpace(char)) return at
    at += 1
  }
  return Math.min(at, text.length)
}

function quotedEnd(text: string, start: number, quote: string): number | null {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    else if (text.charAt(at) === quote) return at + 1
  }
  return null
}

function unescaped(raw: string): string {
  return raw.replace(/\\(["'\\trn])/g, (_, char: string) => ({ t: '\t', r: '\r', n: '\n' })[char] ?? char)
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n'
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

function newlines(text: string, start: number, end: number): number {
  return text.slice(start, end).split('\n').length - 1
}

function unreadable(file: string, line: number, reason: string): QuaysideError {
  return new QuaysideError(
    'RENDER_REFUSED',
    `${file}, line ${line}: not readable as nginx configuration: ${reason}`,
  )
}
