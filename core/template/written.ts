import { QuaysideError } from '../errors.ts'
import { scanTokens } from '../render/nginx-tokens.ts'
import { templateFailed } from '../render/template-failed.ts'
import type { Written } from './encoders.ts'
import { shownValue } from './failure.ts'
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
  const expected = wordsOf(
    name,
    fill(marked, values, ({ placeholder }) => placeholder),
  )
  const found = tryWords(name, real)
  if (!Array.isArray(found)) return found
  for (let at = 0; at < Math.max(found.length, expected.length); at += 1) {
    const word = found[at]
    if (word?.anchor === expected[at]?.anchor) continue
    return outside(name, word?.line ?? null, nearest(word ?? found.at(-1), real.spans))
  }
  return { text: real.text }
}

/** Where the template alone can be read and this can't, one of the values on the line is at fault, and rather the longest. */
function tryWords(name: string, filled: Filled): Word[] | FilledIn {
  try {
    return wordsOf(name, filled)
  } catch (error) {
    if (!(error instanceof QuaysideError)) throw error
    const { text, spans } = filled
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

/** A word or sign of the output; `anchor` is its kind and where it begins and ends, counted in the template's own characters. */
type Word = { readonly anchor: string; readonly line: number; readonly end: number }

function wordsOf(name: string, { text, spans }: Filled): Word[] {
  const words: Word[] = []
  const own = ownCounter(spans)
  scanTokens(text, `output of template ${name}`, (kind, _value, line, start, end) => {
    const quote = /^["']$/.test(text.charAt(start)) ? text.charAt(start) : ''
    words.push({ anchor: `${kind} ${quote} ${own(start)} ${own(end)}`, line, end })
  })
  return words
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

function nearest(word: Word | undefined, spans: readonly Span[]): Span | undefined {
  const end = word?.end ?? 0
  return spans.findLast(({ start }) => start <= end) ?? spans[0]
}

function outside(name: string, outputLine: number | null, span: Span | undefined): FilledIn {
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
  const where = outputLine === null ? '' : ` (output line ${outputLine})`
  const { message } = templateFailed(template, line, `${what}${where}`)
  return { error: new QuaysideError('RENDER_REFUSED', message), origin, place: `${template}:${line}` }
}
