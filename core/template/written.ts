import { QuaysideError } from '../errors.ts'
import { type Token, tokenize } from '../render/nginx-tokens.ts'
import type { Written } from './encoders.ts'
import { shownValue, templateFailed } from './failure.ts'
import type { Origin } from './origin.ts'

/** One value that a template writes, with the place in the template that writes it. */
export type WrittenValue = Written & {
  readonly template: string
  readonly line: number | null
  /** The item of a loop that it was written for. */
  readonly origin: Origin | null
}

/** Private characters that stand around a value's number while a template runs; no template and no value may hold them. */
export const marks = /[\uE000\uE001]/

export function markFor(index: number): string {
  return `\uE000${index}\uE001`
}

/** Where a value stands: in the text, and with every value replaced by its placeholder. */
type Span = { readonly start: number; readonly end: number; readonly value: WrittenValue }
type Filled = { readonly text: string; readonly spans: readonly Span[] }

/** The whole text, or the first value that is out of place and the error `RENDER_REFUSED` for it. */
export type FilledIn =
  | { readonly text: string }
  | { readonly error: QuaysideError; readonly origin: Origin | null; readonly place: string }

/**
 * Puts the values into what the template gave, and holds them to this rule: each word, brace and semicolon begins and ends where it would
 * if every value were a harmless placeholder. So each value stays within one word of the template's, and data alone can't begin or end
 * a directive or block. Throws `RENDER_REFUSED` for text that nginx can't read at all.
 */
export function fillIn(name: string, marked: string, values: readonly WrittenValue[]): FilledIn {
  const real = fill(marked, values, ({ text }) => text)
  const harmless = fill(marked, values, ({ placeholder }) => placeholder)
  const expected = tokenize(harmless.text, `output of template ${name}`)
  const found = tokensOf(name, real)
  if (!Array.isArray(found)) return found
  const [foundAt, expectedAt] = [anchors(found, real.spans), anchors(expected, harmless.spans)]
  for (let at = 0; at < Math.max(found.length, expected.length); at += 1) {
    if (foundAt[at] === expectedAt[at]) continue
    return outside(name, found[at], nearest(found[at] ?? found.at(-1), real.spans))
  }
  return { text: real.text }
}

/** Where the template alone can be read and this can't, one of the values on the line is at fault, and rather the longest. */
function tokensOf(name: string, { text, spans }: Filled): Token[] | FilledIn {
  try {
    return [...tokenize(text, `output of template ${name}`)]
  } catch (error) {
    if (!(error instanceof QuaysideError)) throw error
    const line = Number(/, line (\d+): /.exec(error.message)?.[1])
    const values = spans.filter(({ start }) => text.slice(0, start).split('\n').length === line)
    const [longest] = values.sort((a, b) => b.end - b.start - (a.end - a.start))
    if (longest === undefined) throw error
    const { origin, template } = longest.value
    return { error, origin, place: `${template}:${longest.value.line}` }
  }
}

function fill(
  marked: string,
  values: readonly WrittenValue[],
  textOf: (value: WrittenValue) => string,
): Filled {
  const spans: Span[] = []
  const parts: string[] = []
  let length = 0
  for (const [at, part] of marked.split(marks).entries()) {
    const value = at % 2 === 1 ? values[Number(part)] : undefined
    const text = value === undefined ? part : textOf(value)
    if (value !== undefined) spans.push({ start: length, end: length + text.length, value })
    parts.push(text)
    length += text.length
  }
  return { text: parts.join(''), spans }
}

/** Each token as its kind and where it begins and ends, counted in the template's own characters. */
function anchors(tokens: readonly Token[], spans: readonly Span[]): readonly string[] {
  const own = ownCounter(spans)
  return tokens.map(({ kind, quoted, start, end }) => `${kind} ${quoted} ${own(start)} ${own(end)}`)
}

/** For growing positions: how many of the template's own characters stand before; within a value it has no answer. */
function ownCounter(spans: readonly Span[]): (position: number) => number | string {
  let passed = 0
  let written = 0
  return (position) => {
    for (let span = spans[passed]; span !== undefined && span.end <= position; span = spans[passed]) {
      written += span.end - span.start
      passed += 1
    }
    const next = spans[passed]
    return next !== undefined && next.start < position ? `within value ${passed}` : position - written
  }
}

function nearest(token: Token | undefined, spans: readonly Span[]): Span | undefined {
  const end = token?.end ?? 0
  return spans.findLast(({ start }) => start <= end) ?? spans[0]
}

function outside(name: string, token: Token | undefined, span: Span | undefined): FilledIn {
  const { template, line, text, origin } = span?.value ?? {
    template: name,
    line: null,
    text: '',
    origin: null,
  }
  const what =
    text === ''
      ? 'an empty value leaves a word out'
      : `the value ${shownValue(text)} is more than a part of one word`
  const where = token === undefined ? '' : ` (output line ${token.line})`
  const { message } = templateFailed(template, line, `${what}${where}`)
  return { error: new QuaysideError('RENDER_REFUSED', message), origin, place: `${template}:${line}` }
}
