import { type Fields, objectOf } from './fields.ts'

const durations = [
  ['Interval', 'IntervalDuration'],
  ['Timeout', 'TimeoutDuration'],
  ['DeregisterCriticalServiceAfter', 'DeregisterCriticalServiceAfterDuration'],
] as const
const others = ['HTTP', 'TLSSkipVerify', 'Header', 'Method', 'Body', 'TCP']

/** A check's definition as Consul 1.8 keeps it: the fields that it knows, without empty ones, durations in Go's words. */
export function definitionOf(value: unknown): Fields {
  const given = objectOf(value)
  const kept: [string, unknown][] = []
  for (const [name, long] of durations) {
    const nanoseconds = parseDuration(given[long]) || parseDuration(given[name])
    if (nanoseconds !== 0) kept.push([name, durationText(nanoseconds)])
  }
  for (const name of others) {
    const field = given[name]
    if (field !== undefined && field !== null && field !== '' && field !== false)
      kept.push([name, copy(field)])
  }
  return Object.fromEntries(kept)
}

const units = { h: 3_600e9, m: 60e9, s: 1e9, ms: 1e6 }

function parseDuration(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return 0
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0)
}

function durationText(nanoseconds: number): string {
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`
  const hours = Math.floor(nanoseconds / units.h)
  const minutes = Math.floor((nanoseconds % units.h) / units.m)
  const seconds = `${(nanoseconds % units.m) / units.s}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

function copy(value: unknown): unknown {
  return typeof value === 'object' ? structuredClone(value) : value
}
