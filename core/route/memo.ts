import type { ServiceSnapshot } from '../catalog/snapshot.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { Candidate, ClaimsReading, Found } from './candidates.ts'
import type { FoundRound } from './find-again.ts'
import type { Labels } from './labels.ts'
import { type RememberedService, type RouteMemory, recall } from './memory.ts'
import type { Placing } from './place.ts'
import type { Live } from './tenure.ts'

type FoundBefore = {
  readonly service: ServiceSnapshot
  readonly known: RememberedService | null
  readonly found: Found
}

type ReadBefore = { readonly labels: Labels; readonly reading: ClaimsReading }

type PlacedBefore = {
  readonly candidates: readonly Candidate[]
  readonly live: Live
  /** Which of the candidates had a live instance. */
  readonly alive: readonly boolean[]
  readonly placing: Placing
}

/**
 * What earlier runs of one publisher came to, so that a run costs what changed. It never changes a result: with an empty one the
 * same comes out. All runs with one memo have the same settings.
 */
export type RouteMemo = {
  readonly found: Map<SourceKey, FoundBefore>
  readonly read: Map<SourceKey, ReadBefore>
  placed: PlacedBefore | null
  services: RouteMemory['services']
  remembered: readonly RememberedService[]
  round: FoundRound | null
}

export function createRouteMemo(): RouteMemo {
  return { found: new Map(), read: new Map(), placed: null, services: {}, remembered: [], round: null }
}

/** What is known of a service; without a look into the record where it came from this memo. */
export function recallOnce(
  memo: RouteMemo,
  memory: RouteMemory,
  source: SourceKey,
): RememberedService | null {
  const found = memory.services === memo.services ? memo.found.get(source)?.found : undefined
  return found?.candidate?.remembered ?? recall(memory.services, source)
}

/** What `find` gives for a service, or gave for the same one. */
export function foundOnce(
  memo: RouteMemo,
  source: SourceKey,
  service: ServiceSnapshot,
  known: RememberedService | null,
  find: () => Found,
): Found {
  const before = memo.found.get(source)
  if (before !== undefined && before.service === service && isSameKnown(before, known)) return before.found
  const found = find()
  memo.found.set(source, { service, known, found })
  return found
}

/** What is right by itself doesn't depend on what was known; what is wrong takes its settings from there. */
function isSameKnown({ known, found }: FoundBefore, now: RememberedService | null): boolean {
  if (known === now) return true
  const isRight = found.candidate !== null && found.problems.every(({ effect }) => effect === 'none')
  return isRight && found.candidate?.remembered === now
}

/** What `read` gives for labels, or gave for equal ones: most changes of a service leave its labels as they are. */
export function readOnce(
  memo: RouteMemo,
  source: SourceKey,
  labels: Labels,
  read: () => ClaimsReading,
): ClaimsReading {
  const before = memo.read.get(source)
  if (before !== undefined && isSameRecord(before.labels, labels)) return before.reading
  const reading = read()
  memo.read.set(source, { labels, reading })
  return reading
}

/** The known one where it says the same, so that what didn't change stays the same object. */
export function asKnown(known: RememberedService | null, next: RememberedService): RememberedService {
  const isSame =
    known !== null &&
    known.cluster === next.cluster &&
    known.goneSince === next.goneSince &&
    isSameRecord(known.labels, next.labels)
  return isSame ? known : next
}

/** What `place` gives for the candidates, or gave for the same ones while nothing else differed either. */
export function placedOnce(
  memo: RouteMemo,
  candidates: readonly Candidate[],
  memory: RouteMemory,
  live: Live,
  place: () => Placing,
): Placing {
  const { placed } = memo
  const isSame =
    placed !== null && isSettled(placed.placing, memory) && isSameClaiming(placed.candidates, candidates)
  const alive =
    isSame && placed.live === live ? placed.alive : candidates.map(({ source }) => live.has(source))
  const isSameLive = isSame && alive.every((one, at) => one === placed.alive[at])
  const placing = isSameLive ? placed.placing : place()
  memo.placed = { candidates, live, alive, placing }
  return placing
}

/** Time changes nothing where every owner has its place; one that lacks it gets it back, or loses the right to it. */
function isSettled({ hosts, routes, isTimeless }: Placing, memory: RouteMemory): boolean {
  return isTimeless && hosts === memory.hosts && routes === memory.routes
}

function isSameClaiming(before: readonly Candidate[], candidates: readonly Candidate[]): boolean {
  if (candidates.length !== before.length) return false
  return candidates.every((one, at) => {
    const other = before[at]
    if (one === other) return true
    return one.source === other?.source && one.claims === other.claims && one.cluster === other.cluster
  })
}

/** What to remember of the services; the same object as before where it says the same. */
export function servicesOnce(memo: RouteMemo, candidates: readonly Candidate[]): RouteMemory['services'] {
  const { remembered: before } = memo
  const isSame =
    before.length === candidates.length && candidates.every(({ remembered }, at) => remembered === before[at])
  if (isSame) return memo.services
  memo.remembered = candidates.map(({ remembered }) => remembered)
  memo.services = Object.fromEntries(candidates.map(({ source, remembered }) => [source, remembered]))
  return memo.services
}

function isSameRecord(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  )
}
