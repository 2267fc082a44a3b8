import { AbsentValue, shownValue } from '../failure.ts'

/** Named arguments of a call, `name="web"`. */
export type Named = Readonly<Record<string, unknown>>

/** One function that templates can call. */
export type Helper = {
  readonly least: number
  readonly most: number
  /** The named arguments that it knows. */
  readonly named: readonly string[]
  readonly run: (args: readonly unknown[], named: Named) => unknown
}

export type Helpers = Readonly<Record<string, Helper>>

/** A function of a fixed number of arguments. */
export function takes(count: number, run: (...args: readonly unknown[]) => unknown): Helper {
  return { least: count, most: count, named: [], run: (args) => run(...args) }
}

export function takesFrom(
  least: number,
  most: number,
  run: (...args: readonly unknown[]) => unknown,
): Helper {
  return { least, most, named: [], run: (args) => run(...args) }
}

export function textArg(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw wrong('a text', value)
}

export function numberArg(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw wrong('a number', value)
}

export function wholeArg(value: unknown): number {
  const number = numberArg(value)
  if (Number.isSafeInteger(number)) return number
  throw wrong('a whole number', value)
}

export function listArg(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong('a list', value)
}

export function objectArg(value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value
  throw wrong('an object', value)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(expected: string, value: unknown): TypeError {
  const reason = `expected ${expected}, got ${shownValue(value)}`
  return value === undefined ? new AbsentValue(reason) : new TypeError(reason)
}
