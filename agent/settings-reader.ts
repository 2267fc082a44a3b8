import { isAbsolute } from 'node:path'

/** Reads members one by one and collects what is wrong with them; a wrong one reads as an empty value. */
export type Reader = {
  readonly problems: string[]
  /** Every name that was asked for, so that the rest is known to be unknown. */
  readonly asked: ReadonlySet<string>
  has(name: string): boolean
  text(name: string, pattern: RegExp, wanted: string, otherwise?: string): string
  optional(name: string, pattern: RegExp, wanted: string): string | null
  path(name: string, otherwise: string): string
  integer(name: string, min: number, max: number, otherwise: number): number
  port(name: string, otherwise: number): number
  /** null in so many words is no port. */
  portOrNone(name: string, otherwise: number): number | null
  ports(name: string): readonly number[] | null
  flag(name: string, otherwise: boolean): boolean
  list(name: string): readonly string[]
  table(name: string): Readonly<Record<string, string>>
  oneOf<T extends string>(name: string, words: readonly T[], otherwise: T): T
}

export function createReader(members: Readonly<Record<string, unknown>>): Reader {
  const problems: string[] = []
  const asked = new Set<string>()

  const get = (name: string): unknown => {
    asked.add(name)
    return members[name]
  }
  const wrong = <T>(name: string, value: unknown, wanted: string, instead: T): T => {
    problems.push(problemOf(name, value, wanted))
    return instead
  }
  const text: Reader['text'] = (name, pattern, wanted, otherwise) => {
    const value = get(name) ?? otherwise
    return typeof value === 'string' && pattern.test(value) ? value : wrong(name, value, wanted, '')
  }
  const integer: Reader['integer'] = (name, min, max, otherwise) => {
    const value = get(name) ?? otherwise
    const right = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
    return right ? value : wrong(name, value, `a whole number from ${min} to ${max}`, otherwise)
  }

  return {
    problems,
    asked,
    has: (name) => get(name) !== undefined && get(name) !== null,
    text,
    optional: (name, pattern, wanted) => ((get(name) ?? null) === null ? null : text(name, pattern, wanted)),
    path(name, otherwise) {
      const value = get(name) ?? otherwise
      return isPath(value)
        ? value
        : wrong(name, value, 'an absolute path of letters, digits and ./+@:,-_', otherwise)
    },
    integer,
    port: (name, otherwise) => integer(name, 1, 65_535, otherwise),
    portOrNone: (name, otherwise) => (get(name) === null ? null : integer(name, 1, 65_535, otherwise)),
    ports(name) {
      const value = get(name) ?? null
      if (value === null) return null
      return isPorts(value) ? value : wrong(name, value, 'a list of ports', [])
    },
    flag(name, otherwise) {
      const value = get(name) ?? otherwise
      return typeof value === 'boolean' ? value : wrong(name, value, 'true or false', otherwise)
    },
    list(name) {
      const value = get(name) ?? []
      return isTexts(value) ? value : wrong(name, value, 'a list of texts', [])
    },
    table(name) {
      const value = get(name) ?? {}
      return isListens(value) ? value : wrong(name, value, 'a table of port to address:port', {})
    },
    oneOf(name, words, otherwise) {
      const value = get(name) ?? otherwise
      return (
        words.find((word) => word === value) ?? wrong(name, value, `one of ${words.join(', ')}`, otherwise)
      )
    },
  }
}

function problemOf(name: string, value: unknown, wanted: string): string {
  if (value === undefined) return `${name} is missing: give ${wanted}`
  return `${name} is ${JSON.stringify(value)}, expected ${wanted}`
}

/** The path is written into nginx configuration and must need no escapes there. */
function isPath(value: unknown): value is string {
  return typeof value === 'string' && isAbsolute(value) && /^[\w./+@:, -]+$/.test(value)
}

function isPorts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isListens(value: unknown): value is Readonly<Record<string, string>> {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isTable && Object.entries(value).every(isListen)
}

function isListen([port, place]: [string, unknown]): boolean {
  return (
    /^\d{1,5}$/.test(port) &&
    typeof place === 'string' &&
    /^([0-9.]+:|\[[0-9a-fA-F:]+\]:)?\d{1,5}$/.test(place)
  )
}
