import { byText } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'
import { nearest } from './nearest.ts'
import { objectSchema, orNull, type Schema } from './schema.ts'
import { isObject, kindOf, looksSecret, shown } from './shown.ts'

/** What a reader returns for a value that it has reported; never part of a result that `readAll` hands out. */
export const invalid = Symbol('invalid')

/** One line per thing that is wrong, each beginning with the place: a JSON path or the name of a variable. */
export type Problems = string[]

type Read<T> = (value: unknown, at: string, problems: Problems) => T | typeof invalid

/**
 * Turns an unknown value into its true type, or reports why not and returns `invalid`, so that all problems come at once. `schema` says
 * what it takes as far as JSON Schema can, so that the two can't differ.
 */
export type Reader<T> = Read<T> & { readonly schema?: Schema }

/** A reader that says what it takes. */
export function reader<T>(schema: Schema, read: Read<T>): Reader<T> {
  return Object.assign((value: unknown, at: string, problems: Problems) => read(value, at, problems), {
    schema,
  })
}

/** Reads the value whole, or throws one SETTINGS_INVALID error that lists every problem; `title` names the source. */
export function readAll<T>(title: string, value: unknown, at: string, own: Reader<T>): T {
  const checked = checkAll(value, at, own)
  if (checked.problems === null) return checked.value
  throw settingsError(title, checked.problems)
}

export type Checked<T> =
  | { readonly value: T; readonly problems: null }
  | { readonly value: null; readonly problems: Problems }

/** Reads the value whole, or returns every problem. */
export function checkAll<T>(value: unknown, at: string, own: Reader<T>): Checked<T> {
  const problems: Problems = []
  const result = own(value, at, problems)
  if (result !== invalid && problems.length === 0) return { value: result, problems: null }
  return { value: null, problems }
}

/** The one error for settings: its first line is the title, each further line one problem. */
export function settingsError(title: string, problems: Problems): QuaysideError {
  return new QuaysideError('SETTINGS_INVALID', [`${title}:`, ...problems].join('\n  - '))
}

export function report(problems: Problems, at: string, expected: string, got: string): typeof invalid {
  problems.push(`${at === '' ? 'the whole' : at}: expected ${expected}, got ${got}`)
  return invalid
}

/** Text that matches the pattern as a whole. */
export function text(expected: string, pattern: RegExp): Reader<string> {
  return reader({ type: 'string', pattern: pattern.source }, (value, at, problems) =>
    typeof value === 'string' && pattern.test(value) ? value : report(problems, at, expected, shown(value)),
  )
}

/** Like `text`, for a name that ends up in templates and logs: what looks like a token is none, whatever the pattern says. */
export function openText(expected: string, pattern: RegExp): Reader<string> {
  const own = text(expected, pattern)
  return reader(own.schema ?? {}, (value, at, problems) =>
    typeof value === 'string' && looksSecret(value)
      ? report(problems, at, expected, shown(value))
      : own(value, at, problems),
  )
}

/** Like `text`, for a place where somebody may have put a secret by mistake: the value is never shown. */
export function hiddenText(expected: string, pattern: RegExp): Reader<string> {
  return reader({ type: 'string', pattern: pattern.source }, (value, at, problems) =>
    typeof value === 'string' && pattern.test(value) ? value : report(problems, at, expected, kindOf(value)),
  )
}

export function number(min: number, max: number): Reader<number> {
  return reader({ type: 'number', minimum: min, maximum: max }, (value, at, problems) =>
    typeof value === 'number' && value >= min && value <= max
      ? value
      : report(problems, at, `a number from ${min} to ${max}`, shown(value)),
  )
}

export function integer(min: number, max: number): Reader<number> {
  return reader({ type: 'integer', minimum: min, maximum: max }, (value, at, problems) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : report(problems, at, `a whole number from ${min} to ${max}`, shown(value)),
  )
}

export const boolean: Reader<boolean> = reader({ type: 'boolean' }, (value, at, problems) =>
  typeof value === 'boolean' ? value : report(problems, at, 'true or false', shown(value)),
)

export function oneOf<const T extends string | number>(...words: readonly T[]): Reader<T> {
  return reader(
    { type: typeof words[0] === 'number' ? 'integer' : 'string', enum: words },
    (value, at, problems) =>
      words.find((word) => word === value) ??
      report(problems, at, `one of ${words.join(', ')}`, shown(value)),
  )
}

/** A list of `min` to `max` members, each read on its own. */
export function list<T>(item: Reader<T>, min = 0, max = 1_000): Reader<readonly T[]> {
  const schema = { type: 'array', items: item.schema ?? {}, minItems: min, maxItems: max }
  return reader(schema, (value, at, problems) => {
    if (!Array.isArray(value)) return report(problems, at, 'a list', kindOf(value))
    if (value.length < min || value.length > max)
      return report(problems, at, `a list of ${min} to ${max}`, `${value.length} members`)
    const items = value.map((member, index) => item(member, `${at}[${index}]`, problems))
    return items.some((member) => member === invalid) ? invalid : (items as T[])
  })
}

/** What holds where the value is not there; a null also says that it is not there. */
export function optional<T, F>(own: Reader<T>, fallback: F): Reader<T | F> {
  return reader<T | F>({ ...orNull(own.schema ?? {}), default: fallback }, (value, at, problems) =>
    value === undefined || value === null ? fallback : own(value, at, problems),
  )
}

/** An object that may be left out, because each of its members may be. */
export function section<T extends object>(own: Reader<T>): Reader<T> {
  return reader<T>({ ...orNull(own.schema ?? {}), default: {} }, (value, at, problems) =>
    own(value ?? {}, at, problems),
  )
}

/** An object with these members and no others: a misspelt one is named, with the known name nearest to it. */
export function object<T extends object>(members: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  const known = Object.keys(members)
  return reader<T>(schema(), (value, at, problems) => {
    if (!isObject(value)) return report(problems, at, 'an object', kindOf(value))
    for (const key of Object.keys(value)
      .filter((key) => !known.includes(key))
      .sort(byText))
      problems.push(`${join(at, key)}: unknown setting${hint(key, known)} (got ${kindOf(value[key])})`)
    const entries = known.map((key) => [key, read(key, value, at, problems)] as const)
    return entries.some(([, member]) => member === invalid) ? invalid : (Object.fromEntries(entries) as T)
  })

  function schema(): Schema {
    return objectSchema(Object.fromEntries(known.map((key) => [key, members[key as keyof T].schema ?? {}])))
  }

  function read(key: string, value: Record<string, unknown>, at: string, problems: Problems): unknown {
    return members[key as keyof T](value[key], join(at, key), problems)
  }
}

/** Looks at a value that was read well, as a whole; `judge` returns what is wrong with it, each with its place below. */
export function judged<T>(own: Reader<T>, judge: (value: T) => readonly string[]): Reader<T> {
  return reader<T>(own.schema ?? {}, (value, at, problems) => {
    const result = own(value, at, problems)
    if (result === invalid) return invalid
    const found = judge(result)
    problems.push(...found.map((problem) => join(at, problem)))
    return found.length === 0 ? result : invalid
  })
}

/** Makes something else of a value that was read well. */
export function mapped<T, U>(own: Reader<T>, change: (value: T) => U): Reader<U> {
  return reader<U>(own.schema ?? {}, (value, at, problems) => {
    const result = own(value, at, problems)
    return result === invalid ? invalid : change(result)
  })
}

function join(at: string, key: string): string {
  return at === '' || key.startsWith('[') ? `${at}${key}` : `${at}.${key}`
}

function hint(key: string, known: readonly string[]): string {
  const name = nearest(key, known)
  return name === null ? `; known here: ${known.join(', ')}` : `; did you mean ${name}?`
}
