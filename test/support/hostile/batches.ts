import { isFull } from '../scale.ts'
import { hostileFields } from './fields.ts'
import type { RawService } from './raw-catalog.ts'
import { victim } from './town.ts'
import { hostileValues } from './values.ts'

export type Planted = { readonly service: RawService; readonly what: string; readonly host: string }

/** One service per value, each with its value in another field; all rotations together are every value in every field. */
export function plantAll(rotation: number): readonly Planted[] {
  return hostileValues.map((_, at) => plantOne(at, (at + rotation) % hostileFields.length))
}

/** The value `value` in the field `field`, both by their place in the lists. */
export function plantOne(value: number, field: number): Planted {
  const { name, plant } = hostileFields[field]!
  const text = JSON.stringify(hostileValues[value])
  return {
    service: plant(victim(value), hostileValues[value]),
    what: `${name} = ${text.length < 200 ? text : `${text.slice(0, 200)}…`}`,
    host: `evil${value}.test`,
  }
}

/** In a reduced run every twentieth; the values that are planted alone meet other fields. */
export const rotations: readonly number[] = hostileFields
  .map((_, at) => at)
  .filter((at) => isFull || at % 20 === 0)
