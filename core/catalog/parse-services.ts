import { byText } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'

/** The names of all services of a datacenter, each with the union of its instances' tags, sorted. */
export type ServiceIndex = ReadonlyMap<string, readonly string[]>

/** Reads the body of `catalog/services`. Throws CONSUL_REFUSED where it is not an object of lists. */
export function parseServices(body: unknown): ServiceIndex {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new QuaysideError(
      'CONSUL_REFUSED',
      "The answer to catalog/services can't be used: it is no object.",
    )
  // The tags of one name come out of a Go map in random order.
  return new Map(
    Object.entries(body)
      .map(([name, tags]) => [name, readTags(tags)] as const)
      .sort(([a], [b]) => byText(a, b)),
  )
}

function readTags(tags: unknown): readonly string[] {
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string').sort(byText) : []
}
