import type { EventPattern } from '../../../core/settings/event-patterns.ts'

/**
 * Whether EventBridge would match this event: every field of the pattern must match, a field matches by any of
 * its listed values, and an array in the event matches by any of its elements. Knows exact values, `prefix`,
 * `anything-but` and `exists`; throws on any other operator.
 */
export function matchesPattern(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = memberOf(event, field)
    if (isList(wanted)) return matchesAny(wanted, value)
    // An array of objects matches a nested pattern if one of its objects does.
    const candidates = Array.isArray(value) ? value : [value]
    return candidates.some((candidate) => matchesPattern(wanted, candidate))
  })
}

function matchesAny(wanted: readonly unknown[], value: unknown): boolean {
  // `exists` looks at leaves only: an object isn't one, and an empty array holds none.
  const values = (Array.isArray(value) ? value : [value]).filter(
    (item) => item !== undefined && !isObject(item),
  )
  return wanted.some((one) => {
    if (isObject(one) && 'exists' in one) return one.exists === values.length > 0
    return values.some((item) => matchesValue(one, item))
  })
}

function matchesValue(wanted: unknown, value: unknown): boolean {
  if (!isObject(wanted)) return wanted === value
  const [operator, ...others] = Object.keys(wanted)
  const operand = wanted[operator ?? '']
  if (others.length === 0 && operator === 'prefix')
    return typeof value === 'string' && value.startsWith(String(operand))
  if (others.length === 0 && operator === 'anything-but')
    return !(isList(operand) ? operand : [operand]).includes(value)
  throw new TypeError(`this event pattern has an operator that is not known here: ${JSON.stringify(wanted)}`)
}

function memberOf(value: unknown, field: string): unknown {
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
