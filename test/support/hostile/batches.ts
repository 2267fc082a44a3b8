import { isFull } from '../scale.ts'
import { hostileFields } from './fields.ts'
import type { RawService } from './raw-catalog.ts'
import { victim } from './town.ts'
import { hostileValues } from './values.ts'

/** A service with one hostile value in it; `host` is the one of its hosts that may be replaced. */
export type Planted = {
  readonly service: RawService
  readonly field: string
  readonly what: string
  readonly host: string
}

/** One service per value, each with its value in one field. */
export type Batch = { readonly name: string; readonly planted: readonly Planted[] }

/** The value `value` in the field `field`, both by their place in the lists. */
export function plantOne(value: number, field: number): Planted {
  const { name, plant } = hostileFields[field]!
  const text = JSON.stringify(hostileValues[value])
  return {
    service: plant(victim(value), hostileValues[value]),
    field: name,
    what: `${name} = ${text.length < 200 ? text : `${text.slice(0, 200)}…`}`,
    host: `evil${value}.test`,
  }
}

/** Each value in the next field: all rotations together are every value in every field. */
function rotation(by: number): Batch {
  const planted = hostileValues.map((_, at) => plantOne(at, (at + by) % hostileFields.length))
  return { name: `rotation ${by}`, planted }
}

/** Every value in the same field. */
function inField(name: string): Batch {
  const field = hostileFields.findIndex((one) => one.name === name)
  return { name: `all in ${name}`, planted: hostileValues.map((_, at) => plantOne(at, field)) }
}

/** What becomes a name, a path, a key or an address is where most can go wrong. */
const criticalFields = [
  ...['service name', 'Service.Address', 'meta nginx-host', 'meta nginx-path'],
  'tag as a route id',
]

/** In full every value in every field; otherwise the critical fields whole, and one rotation. */
export const batches: readonly (() => Batch)[] = isFull
  ? hostileFields.map((_, by) => () => rotation(by))
  : [() => rotation(0), ...criticalFields.map((name) => () => inField(name))]
