import { byText } from '../../canonical.ts'
import { type Helpers, listArg, takes, textArg, wholeArg } from './helper.ts'

/** Longer texts aren't matched: a pattern that backtracks would else let one value stop the publisher. */
const mostMatched = 4_096

/** Text functions with the arguments in consul-template's order: what is worked on comes last. */
export const textHelpers: Helpers = {
  join: takes(2, (separator, list) => listArg(list).map(textArg).join(textArg(separator))),
  split: takes(2, (separator, text) => parts(text, separator)),
  splitToMap: takes(3, splitToMap),
  trim: takes(2, (set, text) => trimmed(textArg(set), textArg(text))),
  trimPrefix: takes(2, (prefix, text) => {
    const [begin, whole] = [textArg(prefix), textArg(text)]
    return whole.startsWith(begin) ? whole.slice(begin.length) : whole
  }),
  trimSuffix: takes(2, (suffix, text) => {
    const [end, whole] = [textArg(suffix), textArg(text)]
    return end !== '' && whole.endsWith(end) ? whole.slice(0, -end.length) : whole
  }),
  trimSpace: takes(1, (text) => textArg(text).trim()),
  toLower: takes(1, (text) => textArg(text).toLowerCase()),
  toUpper: takes(1, (text) => textArg(text).toUpperCase()),
  toTitle: takes(1, (text) =>
    textArg(text).replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase()),
  ),
  indent: takes(2, (spaces, text) => textArg(text).replace(/^(?=.)/gm, ' '.repeat(width(spaces)))),
  replaceAll: takes(3, (from, to, text) => textArg(text).replaceAll(textArg(from), () => textArg(to))),
  regexReplaceAll: takes(3, (pattern, to, text) =>
    matchable(text).replace(regex(pattern, 'gu'), replacement(textArg(to))),
  ),
  regexMatch: takes(2, (pattern, text) => regex(pattern, 'u').test(matchable(text))),
}

function splitToMap(between: unknown, within: unknown, text: unknown): unknown {
  const sign = textArg(within)
  const pairs = parts(text, between).flatMap((pair) => {
    const at = pair.indexOf(sign)
    return at === -1 ? [] : [[pair.slice(0, at), pair.slice(at + sign.length)] as const]
  })
  return Object.fromEntries(pairs.sort(([a], [b]) => byText(a, b)))
}

function parts(text: unknown, separator: unknown): readonly string[] {
  const whole = textArg(text).trim()
  return whole === '' ? [] : whole.split(textArg(separator))
}

function trimmed(set: string, text: string): string {
  const letters = [...text]
  const within = (letter: string) => [...set].includes(letter)
  const begin = letters.findIndex((letter) => !within(letter))
  if (begin === -1) return ''
  return letters.slice(begin, letters.findLastIndex((letter) => !within(letter)) + 1).join('')
}

function width(spaces: unknown): number {
  const count = wholeArg(spaces)
  if (count >= 0 && count <= 1_000) return count
  throw new TypeError(`expected 0 to 1000 spaces, got ${count}`)
}

function matchable(text: unknown): string {
  const whole = textArg(text)
  if (whole.length <= mostMatched) return whole
  throw new TypeError(`a text of ${whole.length} characters is not matched; at most ${mostMatched} are`)
}

/** Go writes named groups as `(?P<name>…)`. */
function regex(pattern: unknown, flags: string): RegExp {
  try {
    return new RegExp(textArg(pattern).replaceAll('(?P<', '(?<'), flags)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`the pattern can't be read: ${reason}`, { cause })
  }
}

/** Go writes groups as `$1`, `${1}` or `${name}`. */
function replacement(to: string): string {
  return to.replace(/\$\{(\w+)\}/g, (_, group: string) => (/^\d+$/.test(group) ? `$${group}` : `$<${group}>`))
}
