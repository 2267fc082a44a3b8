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
  if (text.length <= 4000 && !/[$\p{C}]/u.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`
  throw new TypeError(
    `${shown(text)} cannot be a quoted string: it is too long, or holds $ or a control character`,
  )
}

/** The rest of a comment line. */
export const comment: Encoder = (value) => {
  const text = textOf(value)
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return text
  throw new TypeError(`${shown(text)} cannot be a comment: it holds a line break or control character`)
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (value === undefined) throw new TypeError('the field is not there')
  throw new TypeError(`${value === null ? 'null' : typeof value} can't be written; text or a number can`)
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}…`)
}
