import { byText, inOrder } from '../canonical.ts'
import { listsOf } from '../release/endpoint-lists.ts'
import type { Endpoints, Server, SourceKey } from '../release/endpoints.ts'
import type { NginxContext, UpstreamSettings } from '../release/layout.ts'
import { isSameItems } from '../same-items.ts'

/** The text of one upstream with the servers that it has now. */
export type Filled = { readonly text: string; readonly isEmpty: boolean }

/** Some upstreams of one context in their order. Of ten thousand, few change at a time: the texts of the other sections are at hand. */
export type Section = {
  readonly upstreams: readonly UpstreamSettings[]
  /** Of all its upstreams, one after the other. */
  readonly sources: readonly SourceKey[]
  /** Where these stand in a list of sources, for the list that was last seen. */
  places: { readonly of: readonly SourceKey[]; readonly at: readonly number[] }
  known: FilledSection | null
}

export type FilledSection = {
  readonly lists: readonly List[]
  readonly canStick: boolean
  readonly text: string
  readonly empty: readonly string[]
}

type List = readonly Server[] | undefined
type Sections = Record<NginxContext, readonly Section[]>

const sectionLength = 64
const known = new WeakMap<readonly UpstreamSettings[], Sections>()

/** The sections of a layout's upstreams; the same for the same list. */
export function sectionsOf(settings: readonly UpstreamSettings[]): Sections {
  const before = known.get(settings)
  if (before !== undefined) return before
  const sorted = inOrder(settings, (a, b) => byText(a.name, b.name))
  const cut = (context: NginxContext): readonly Section[] => {
    const own = sorted.filter((upstream) => upstream.context === context)
    return Array.from({ length: Math.ceil(own.length / sectionLength) }, (_, at) =>
      sectionFor(own.slice(at * sectionLength, (at + 1) * sectionLength)),
    )
  }
  const sections = { http: cut('http'), stream: cut('stream') }
  known.set(settings, sections)
  return sections
}

/** By the first upstream: layouts that differ in little share most of their sections. */
const shared = new WeakMap<UpstreamSettings, Section>()

function sectionFor(upstreams: readonly UpstreamSettings[]): Section {
  const [first] = upstreams
  const before = first && shared.get(first)
  if (before !== undefined && isSameItems(before.upstreams, upstreams)) return before
  const sources = upstreams.flatMap((upstream) => upstream.sources.map(({ source }) => source))
  const section: Section = { upstreams, sources, places: { of: [], at: [] }, known: null }
  if (first !== undefined) shared.set(first, section)
  return section
}

/** The text of a section; `fill` is asked only where any of its upstreams has other servers than before. */
export function sectionOnce(
  section: Section,
  endpoints: Endpoints,
  canStick: boolean,
  fill: (upstream: UpstreamSettings, own: Endpoints) => Filled,
): FilledSection {
  const { upstreams, known: before } = section
  const lists = listsFor(section, endpoints, before?.lists ?? [])
  if (before?.canStick === canStick && before.lists === lists) return before
  let at = 0
  const filled = upstreams.map((upstream) => {
    const own = upstream.sources.map(({ source }, nth) => [source, lists[at + nth] ?? []] as const)
    at += own.length
    return fill(upstream, { schema: 1, sources: Object.fromEntries(own) })
  })
  const text = filled.map((one) => one.text).join('\n')
  const empty = upstreams.filter((_, nth) => filled[nth]?.isEmpty).map(({ name }) => name)
  section.known = { lists, canStick, text, empty }
  return section.known
}

/** The servers of the section's sources; `before` itself where they are the same lists. */
function listsFor(section: Section, endpoints: Endpoints, before: readonly List[]): readonly List[] {
  const { sources, lists } = listsOf(endpoints)
  if (section.places.of !== sources) {
    const places = placesOf(sources)
    section.places = { of: sources, at: section.sources.map((source) => places.get(source) ?? -1) }
  }
  const { at: places } = section.places
  const isSame = before.length === places.length && places.every((place, at) => lists[place] === before[at])
  return isSame ? before : places.map((place) => lists[place])
}

const placesKnown = new WeakMap<readonly SourceKey[], ReadonlyMap<SourceKey, number>>()

function placesOf(sources: readonly SourceKey[]): ReadonlyMap<SourceKey, number> {
  const places = placesKnown.get(sources) ?? new Map(sources.map((source, at) => [source, at]))
  placesKnown.set(sources, places)
  return places
}
