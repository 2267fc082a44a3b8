import { formatNetwork } from './address.ts'

/** The value in its canonical form, or what would have been right. */
export type Reading<T> = { readonly value: T } | { readonly expected: string }
export type Reader<T> = (text: string) => Reading<T>

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const hostPattern = new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`)

/** A host name by the rules of DNS labels, at most 253 characters, `*.` allowed in front; the result is in lower case. */
export const readHost: Reader<string> = (text) => {
  const host = text.toLowerCase().replace(/\.$/, '')
  return host.length <= 253 && hostPattern.test(host)
    ? { value: host }
    : { expected: 'a host name like app.example.com or *.example.com (ASCII, at most 253 characters)' }
}

/** A path that a normalised request can have: nginx merges slashes and resolves dot segments before it looks for a location. */
export const readPath: Reader<string> = (text) => {
  const fits = text.length <= 1024 && /^\/[A-Za-z0-9._~/-]*$/.test(text)
  return fits && !/\/\/|\/\.{1,2}(\/|$)/.test(text)
    ? { value: text }
    : {
        expected:
          'a path like /api of letters, digits and . _ ~ - /, without empty or dot segments, at most 1024 characters',
      }
}

export function integer(min: number, max: number): Reader<number> {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? { value } : { expected: `a whole number from ${min} to ${max}` }
  }
}

export const readPort = integer(1, 65_535)

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  '': 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds out of a time like `500ms`, `5s`, `2m`, `1h`, `30d`; a bare number means seconds, as in nginx. */
export function duration(minMs: number, maxMs: number): Reader<number> {
  return (text) => {
    const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text) ?? []
    const value = Number(digits) * (units[unit] ?? Number.NaN)
    return value >= minMs && value <= maxMs
      ? { value }
      : { expected: `a time like 500ms, 5s, 2m, 1h or 30d, from ${minMs} ms to ${maxMs / 1_000} s` }
  }
}

/** A size as nginx writes it, in lower case: bytes, or with `k`, `m`, `g`; 0 means without a limit. */
export const readSize: Reader<string> = (text) =>
  /^\d{1,7}[kmg]?$/i.test(text)
    ? { value: text.toLowerCase() }
    : { expected: 'a size like 512k, 10m or 1g (0 for no limit)' }

export function oneOf<const T extends string>(...values: readonly T[]): Reader<T> {
  return (text) => {
    const value = values.find((one) => one === text)
    return value === undefined ? { expected: `one of ${values.join(', ')}` } : { value }
  }
}

export const readBoolean: Reader<boolean> = (text) =>
  text === 'true' || text === 'false' ? { value: text === 'true' } : { expected: 'true or false' }

/** A share from 0 to 1 out of `50%` or `0.5`. */
export const readShare: Reader<number> = (text) => {
  const [, number, percent] = /^(\d{1,3}(?:\.\d{1,4})?)(%)?$/.exec(text) ?? []
  const value = Number(number) / (percent === undefined ? 1 : 100)
  return value >= 0 && value <= 1 ? { value } : { expected: 'a share like 50% or 0.5' }
}

/** A cookie whose value nginx can read: it names the variable by the cookie, and its variables know no dash. */
export const readCookieName: Reader<string> = (text) =>
  /^[A-Za-z0-9_]{1,64}$/.test(text)
    ? { value: text }
    : { expected: 'a cookie name of at most 64 letters, digits and _' }

/** A word that names something of the operator's or of other services. */
export const readName: Reader<string> = (text) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
    ? { value: text }
    : { expected: 'a name of at most 64 letters, digits and . _ -' }

/** nginx takes 255.255.255.255 for an error of reading, and refuses all of its configuration then. */
export const readNetwork: Reader<string> = (text) => {
  const value = formatNetwork(text)
  return value === null || value === '255.255.255.255/32'
    ? { expected: 'a network like 10.0.0.0/8 or an address' }
    : { value }
}

/** Several values with commas or spaces between them: at least one, each once, in order. */
export function list<T extends string>(reader: Reader<T>, most: number): Reader<readonly T[]> {
  return (text) => {
    const values = new Set<T>()
    for (const item of text.split(/[\s,]+/).filter((part) => part !== '')) {
      const reading = reader(item)
      if ('expected' in reading) return reading
      values.add(reading.value)
    }
    const fits = values.size > 0 && values.size <= most
    return fits ? { value: [...values].sort() } : { expected: `1 to ${most} values with commas between` }
  }
}

/** One line of visible text: no control, format or line-separating characters. */
export function isPrintable(text: string): boolean {
  return text.length > 0 && text.length <= 255 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
}
