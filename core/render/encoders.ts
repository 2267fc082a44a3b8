/**
 * How text gets into nginx configuration. Each throws for what it can't represent, rather than change it: a value that was
 * altered would silently mean something else.
 */
export type Encoder = (value: unknown) => string

/** A bare word: letters, digits and `_ . : / * ~ [ ] -`. No `$`, so that nothing becomes a variable. */
export const token: Encoder = (value) => {
  const text = textOf(value)
  if (/^[A-Za-z0-9_.:/*~[\]-]{1,4000}$/.test(text)) return text
  throw new TypeError(
    `${shown(text)} cannot be a bare word: allowed are letters, digits and _ . : / * ~ [ ] -`,
  )
}

/** A string in double quotes. A `$` can't be escaped in nginx, so it is refused like control characters. */
export const quoted: Encoder = (value) => {
  const text = textOf(value)
  const result = `"${text.replace(/["\\]/g, '\\$&')}"`
  if (fits(result) && !/[$\p{C}]/u.test(text)) return result
  throw new TypeError(
    `${shown(text)} cannot be a quoted string: it is too long, or holds $ or a control character`,
  )
}

/** The rest of a comment line. */
export const comment: Encoder = (value) => {
  const text = textOf(value)
  if (fits(text) && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return text
  throw new TypeError(
    `${shown(text)} cannot be a comment: it is too long, or holds a line break or control character`,
  )
}

/** nginx reads words and comments of up to 4,095 bytes; some are left for what stands around a value. */
function fits(text: string): boolean {
  return text.length <= 1_000 || new TextEncoder().encode(text).length <= 4_000
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (value === undefined) throw new TypeError('the field is not there')
  throw new TypeError(`${value === null ? 'null' : typeof value} can't be written; text or a number can`)
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}…`)
}
