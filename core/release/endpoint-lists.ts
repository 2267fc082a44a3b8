import { canonicalJson, canonicalOnce, jsonObject } from '../canonical.ts'
import { isSameItems } from '../same-items.ts'
import { type Endpoints, isSameList, type Server, type SourceKey } from './endpoints.ts'

/** Endpoints as two lists of one length: the sources, sorted, and the servers of each. Of thousands, that is much less than a record. */
export type EndpointLists = {
  readonly sources: readonly SourceKey[]
  readonly lists: readonly (readonly Server[])[]
}

const known = new WeakMap<Endpoints, EndpointLists>()

/** Endpoints whose record is only made when it is looked at. */
export function endpointsOf(lists: EndpointLists): Endpoints {
  let record: Endpoints['sources'] | null = null
  const endpoints: Endpoints = {
    schema: 1,
    get sources() {
      record ??= Object.fromEntries(lists.sources.map((source, at) => [source, lists.lists[at] ?? []]))
      return record
    },
  }
  known.set(endpoints, lists)
  return endpoints
}

/** The same endpoints as lists. */
export function listsOf(endpoints: Endpoints): EndpointLists {
  const before = known.get(endpoints)
  if (before !== undefined) return before
  const sources = Object.keys(endpoints.sources).sort()
  const lists = { sources, lists: sources.map((source) => endpoints.sources[source] ?? []) }
  known.set(endpoints, lists)
  return lists
}

export function isSameEndpoints(a: Endpoints, b: Endpoints): boolean {
  const [left, right] = [listsOf(a), listsOf(b)]
  if (left.lists === right.lists && left.sources === right.sources) return true
  if (!isSameItems(left.sources, right.sources)) return false
  return left.lists.every((list, at) => isSameList(list, right.lists[at]))
}

/** A source of which both have another list; undefined where it isn't among them. */
export type Difference = {
  readonly source: SourceKey
  readonly before: readonly Server[] | undefined
  readonly after: readonly Server[] | undefined
}

/** Sources that one has and the other hasn't, or has other lists of, in their order. Lists that hold the same may be among them. */
export function differences(before: Endpoints | null, after: Endpoints): readonly Difference[] {
  const [old, now] = [before === null ? none : listsOf(before), listsOf(after)]
  if (isSameItems(old.sources, now.sources)) {
    const found: Difference[] = []
    now.lists.forEach((after, at) => {
      const [source = '', before] = [now.sources[at], old.lists[at]]
      if (before !== after) found.push({ source, before, after })
    })
    return found
  }
  const [left, right] = [old, now].map(
    ({ sources, lists }) => new Map(sources.map((one, at) => [one, lists[at]])),
  )
  const all = [...new Set([...now.sources, ...old.sources])].sort()
  return all
    .map((source) => ({ source, before: left?.get(source), after: right?.get(source) }))
    .filter((one) => one.before !== one.after)
}

const none: EndpointLists = { sources: [], lists: [] }

/** The content of the endpoints' blob: their canonical JSON. */
export function endpointsText(endpoints: Endpoints): string {
  const { sources, lists } = listsOf(endpoints)
  return jsonObject([
    ['schema', canonicalJson(endpoints.schema)],
    ['sources', jsonObject(sources.map((source, at) => [source, canonicalOnce(lists[at] ?? [])] as const))],
  ])
}
