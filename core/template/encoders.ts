import { absentField, shownValue } from './failure.ts'

/**
 * A value on its way into the output. `placeholder` is harmless text of the same kind: where it stands is compared with where the
 * value stands, so that no value can be more than part of a word.
 */
export type Written = { readonly text: string; readonly placeholder: string }

type Encoder = (value: unknown) => readonly Written[]

/**
 * How values get into the file. `write` is what `{{x}}` alone does. Each throws for what it can't represent, rather than change it:
 * an altered value would silently mean something else. `raw` isn't among them; it writes anything, on the operator's word.
 */
export const encoders: Readonly<Record<'write' | 'token' | 'quoted' | 'comment' | 'words', Encoder>> = {
  write: (value) => [plain(value, 'write')],
  token: (value) => [token(value)],
  quoted: (value) => [quoted(value)],
  comment: (value) => [comment(value)],
  words: (value) => {
    if (!Array.isArray(value)) throw new TypeError(`words takes a list, got ${shownValue(value)}`)
    return value.map((one) => filled(plain(one, 'words')))
  },
}

export function isEncoder(name: string): name is keyof typeof encoders {
  return Object.hasOwn(encoders, name)
}

/** What of nginx's syntax begins, ends or opens anything; and all that can't be seen. */
const special = /[\s;{}"'$#\\\p{C}\p{Z}]/u

function plain(value: unknown, name: string): Written {
  const text = textOf(value)
  const [found] = special.exec(text) ?? []
  if (found === undefined) return { text: short(text), placeholder: 'x' }
  const how = name === 'write' ? '; {{quoted x}} writes it as one string, {{raw x}} as it is' : ''
  throw new TypeError(`${shownValue(text)} holds ${shownValue(found)}, which could end a word${how}`)
}

/** A whole bare word of the characters that names, addresses and paths have. */
function token(value: unknown): Written {
  const text = textOf(value)
  if (/^[A-Za-z0-9_.:/*~[\]-]{1,1000}$/.test(text)) return { text, placeholder: 'x' }
  throw new TypeError(
    `${shownValue(text)} cannot be a bare word: allowed are letters, digits and _ . : / * ~ [ ] -`,
  )
}

/** A string with its quotes. A `$` can't be escaped in nginx, and nginx reads words of up to 4,095 bytes. */
function quoted(value: unknown): Written {
  const text = textOf(value)
  const written = text
    .replace(/["\\]/g, '\\$&')
    .replace(/\r/g, '\\r')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
  if (!/[$\p{C}]/u.test(written) && Buffer.byteLength(written) <= 4000)
    return { text: `"${written}"`, placeholder: '"x"' }
  throw new TypeError(
    `${shownValue(text)} cannot be a quoted string: it is longer than 4,000 bytes, or holds $ or a control character`,
  )
}

function comment(value: unknown): Written {
  const text = textOf(value)
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return { text: short(text), placeholder: 'x' }
  throw new TypeError(`${shownValue(text)} cannot be a comment: it holds a line break or control character`)
}

/** Room for what stands around a value: nginx reads words and comments of up to 4,095 bytes. */
function short(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= 1000) return text
  throw new TypeError(`${shownValue(text)} is ${bytes} bytes long; at most 1000 can be written`)
}

function filled(written: Written): Written {
  if (written.text !== '') return written
  throw new TypeError('an empty text is no word; leave it out of the list')
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  if (value === undefined) throw absentField('x')
  if (Array.isArray(value)) throw new TypeError("a list can't be written; loop over it with {{#each}}")
  throw new TypeError(`${value === null ? 'null' : 'an object'} can't be written; a text or number can`)
}
