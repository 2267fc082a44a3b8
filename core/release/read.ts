import { QuaysideError } from '../errors.ts'

/**
 * Readers for what comes out of the bucket: each returns the value in its true type or throws RELEASE_INVALID, naming the
 * place and the value. Unknown members are left alone, so that a newer publisher can add some.
 */
export type Members = Readonly<Record<string, unknown>>

export function refuse(where: string, value: unknown, wanted: string): never {
  throw new QuaysideError('RELEASE_INVALID', `${where} is ${shown(value)}, expected ${wanted}`)
}

export function readJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new QuaysideError('RELEASE_INVALID', `${where} is not JSON (${text.length} characters)`, { cause })
  }
}

export function readObject(value: unknown, where: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(where, value, 'an object')
  return value as Members
}

export function readList<T>(value: unknown, where: string, read: (item: unknown, where: string) => T): T[] {
  if (!Array.isArray(value)) refuse(where, value, 'a list')
  return value.map((item, index) => read(item, `${where}[${index}]`))
}

/** Text that matches the whole pattern; the pattern carries its own anchors. */
export function readText(value: unknown, where: string, pattern: RegExp, wanted: string): string {
  if (typeof value !== 'string' || !pattern.test(value)) refuse(where, value, wanted)
  return value
}

export function readInteger(value: unknown, where: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max)
    refuse(where, value, `a whole number from ${min} to ${max}`)
  return value
}

export function readOneOf<T extends string>(value: unknown, where: string, words: readonly T[]): T {
  const found = words.find((word) => word === value)
  return found ?? refuse(where, value, `one of ${words.join(', ')}`)
}

export function readNullable<T>(
  value: unknown,
  where: string,
  read: (value: unknown, where: string) => T,
): T | null {
  return value === null || value === undefined ? null : read(value, where)
}

/** Throws RELEASE_UNSUPPORTED for a newer format: it may be as it should be, and only this reader is too old for it. */
export function readSchema(value: unknown, where: string): 1 {
  if (value === 1) return value
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 1)
    throw new QuaysideError(
      'RELEASE_UNSUPPORTED',
      `RELEASE_UNSUPPORTED: ${where} is ${value}, expected schema 1; this version of Quayside reads no newer one, so install one that does`,
    )
  refuse(where, value, 'schema 1')
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
