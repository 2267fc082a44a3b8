import type { SourceKey } from '../release/endpoints.ts'
import type { Labels } from './labels.ts'
import type { Tenure } from './tenure.ts'

/**
 * What a service stated when it was last right, as text: it is read again each time, so that it never outlives the rules
 * or listeners that made it right.
 */
export type RememberedService = {
  readonly labels: Labels
  readonly cluster: string
  /** Unix milliseconds since when it has no instance, neither in the catalog nor held; null while it has one. */
  readonly goneSince: number | null
}

/**
 * What routing must know across runs. Plain JSON. It changes only when something happened, so that an unchanged catalog gives
 * the same bytes at any time of day.
 */
export type RouteMemory = {
  readonly services: Readonly<Record<SourceKey, RememberedService>>
  /** By host: which cluster holds all its paths. */
  readonly hosts: Readonly<Record<string, Tenure>>
  /** By the key of a place. */
  readonly routes: Readonly<Record<string, Tenure>>
}

export const emptyMemory: RouteMemory = { services: {}, hosts: {}, routes: {} }

/** A member of the record itself: keys come from labels, and `constructor` is a valid host name. */
export function recall<T>(record: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(record, key) ? (record[key] ?? null) : null
}
