import { shownValue } from '../failure.ts'
import { type Helpers, isObject, takes, takesFrom, textArg } from './helper.ts'

const many = Number.POSITIVE_INFINITY

/** What Go's templates bring with them. Empty texts and lists, 0, false and what isn't there count as false. */
export const logicHelpers: Helpers = {
  and: takesFrom(1, many, (...values) => values.find((value) => !holds(value)) ?? values.at(-1)),
  or: takesFrom(1, many, (...values) => values.find(holds) ?? values.at(-1)),
  not: takes(1, (value) => !holds(value)),
  eq: takesFrom(2, many, (value, ...others) => others.some((other) => value === other)),
  ne: takes(2, (a, b) => a !== b),
  lt: takes(2, (a, b) => compare(a, b) < 0),
  le: takes(2, (a, b) => compare(a, b) <= 0),
  gt: takes(2, (a, b) => compare(a, b) > 0),
  ge: takes(2, (a, b) => compare(a, b) >= 0),
  len: takes(1, (value) => lengthOf(value)),
  index: takesFrom(2, many, (value, ...keys) => keys.reduce(memberOf, value)),
  print: takesFrom(0, many, (...values) => values.reduce(printed, '')),
}

export function holds(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isObject(value) ? Object.keys(value).length > 0 : Boolean(value)
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  throw new TypeError(
    `${shownValue(a)} and ${shownValue(b)} can't be compared: expected two numbers or two texts`,
  )
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  if (isObject(value)) return Object.keys(value).length
  throw new TypeError(`${shownValue(value)} has no length`)
}

/** Go puts a space between two values of which neither is a text. */
function printed(before: unknown, value: unknown, at: number, all: readonly unknown[]): string {
  const apart = at > 0 && typeof value !== 'string' && typeof all[at - 1] !== 'string'
  return `${before}${apart ? ' ' : ''}${textArg(value)}`
}

/** Own members only: nothing of a prototype is ever reached. */
function memberOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined
  const name = textArg(key)
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
