import type { ServiceSnapshot } from '../catalog/snapshot.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { PublishSettings } from '../settings/settings.ts'
import { settleAliases } from './aliases/settle.ts'
import { type Claim, claimsOf } from './claims.ts'
import { isPrintable } from './fields.ts'
import { findAll, foundAgain } from './find-again.ts'
import { sortLabels } from './keys.ts'
import { type Labels, statedLabels } from './labels.ts'
import { asKnown, foundOnce, type RouteMemo, readOnce, recallOnce } from './memo.ts'
import type { RememberedService, RouteMemory } from './memory.ts'
import type { Problem } from './problem.ts'
import { invalid, readRoute } from './read-route.ts'
import { serviceProblems } from './service-words.ts'
import { graceMs, type Live } from './tenure.ts'

/** A service that wants routes, and the places it claims. */
export type Candidate = {
  readonly source: SourceKey
  readonly cluster: string
  readonly claims: readonly Claim[]
  readonly remembered: RememberedService
}

export type CandidatesInput = {
  readonly settings: PublishSettings
  /** Whose entries are of a cluster; null for those of any deployment. */
  readonly deployment: string | null
  readonly memory: RouteMemory
  readonly live: Live
  /** Unix milliseconds. */
  readonly now: number
}

export type Candidates = { readonly candidates: readonly Candidate[]; readonly problems: readonly Problem[] }

/**
 * The services that want routes, in the order of their sources. One with an invalid label keeps the last good ones; one that
 * vanished keeps them while instances of it are held, and then for the grace time, so that its route answers 503 rather than falling to
 * another's; one that has instances but opted out has none.
 */
export function findCandidates(
  services: readonly ServiceSnapshot[],
  { settings, deployment, memory, live, now }: CandidatesInput,
  memo: RouteMemo,
): Candidates {
  const find = (source: SourceKey, service: ServiceSnapshot | undefined): Found => {
    const known = recallOnce(memo, memory, source)
    return service === undefined
      ? absent(source, known, live.has(source), settings, now, memo)
      : foundOnce(memo, source, service, known, () =>
          stated(source, service, known, settings, deployment, memo),
        )
  }
  const found = foundAgain(memo, services, memory, find) ?? findAll(memo, services, memory, find)
  const candidates: Candidate[] = []
  const problems: Problem[] = []
  for (const one of found) {
    if (one.candidate !== null) candidates.push(one.candidate)
    for (const problem of one.problems) problems.push(problem)
  }
  return { candidates, problems }
}

/** What one service came to. */
export type Found = { readonly candidate: Candidate | null; readonly problems: readonly Problem[] }

function absent(
  source: SourceKey,
  known: RememberedService | null,
  isHeld: boolean,
  settings: PublishSettings,
  now: number,
  memo: RouteMemo,
): Found {
  // What was found while it had instances says nothing of since when it has none.
  memo.found.delete(source)
  if (known === null) return nothing
  // What is held, or couldn't be read, isn't gone, however long that lasts: its tasks may be serving.
  const goneSince = isHeld ? null : (known.goneSince ?? now)
  if (goneSince !== null && now - goneSince >= graceMs) return nothing
  const remembered = asKnown(known, { ...known, goneSince })
  const { claims, problems } = readOnce(memo, source, known.labels, () =>
    readClaims(source, known.labels, settings),
  )
  // What was right before and isn't any more says that the operator's settings changed, not the service.
  return problems.length > 0
    ? { candidate: null, problems }
    : { candidate: { source, cluster: known.cluster, claims, remembered }, problems: [] }
}

function stated(
  source: SourceKey,
  service: ServiceSnapshot,
  known: RememberedService | null,
  settings: PublishSettings,
  deployment: string | null,
  memo: RouteMemo,
): Found {
  const current = statedLabels(service, deployment)
  if (current === null || !current.optedIn) return nothing
  // The name stands in comments; refusing here drops one service, refusing while rendering would stop all.
  if (!isPrintable(service.name)) {
    const expected = 'a service name of at most 255 printable characters'
    return { candidate: null, problems: [invalid(source, 'service', service.name, expected)] }
  }
  const { cluster } = current
  const read = (labels: Labels) => readOnce(memo, source, labels, () => readClaims(source, labels, settings))
  const settled = settleAliases(source, current, known?.labels ?? null, (labels) => read(labels).problems)
  const { labels } = settled
  const { claims, problems, warnings } = settled.isEmpty
    ? { claims: [], problems: settled.problems, warnings: [] }
    : read(labels)
  const notes = [...current.problems, ...warnings, ...(settled.isEmpty ? [] : settled.problems)]
  if (problems.length === 0) {
    const remembered = asKnown(known, { labels, cluster, goneSince: null })
    return { candidate: { source, cluster, claims, remembered }, problems: notes }
  }
  const last = known === null ? null : readClaims(source, known.labels, settings)
  if (known === null || last === null || last.problems.length > 0) {
    return { candidate: null, problems: [...notes, ...problems] }
  }
  const remembered = asKnown(known, { labels: known.labels, cluster, goneSince: null })
  const kept = problems.map((problem) => ({ ...problem, effect: 'last-good' as const }))
  return { candidate: { source, cluster, claims: last.claims, remembered }, problems: [...notes, ...kept] }
}

/** The places that labels claim, or why they claim none; warnings change nothing. */
export type ClaimsReading = {
  readonly claims: readonly Claim[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

const nothing: Found = { candidate: null, problems: [] }

function readClaims(source: SourceKey, labels: Labels, settings: PublishSettings): ClaimsReading {
  const { service, routes, problems: warnings } = sortLabels(source, labels)
  const name = source.slice(0, source.lastIndexOf('@'))
  const readings = routes.map((route) => readRoute({ source, name }, route, settings))
  const routeProblems = [...serviceProblems(source, service), ...readings.flatMap(({ problems }) => problems)]
  if (routeProblems.length > 0) return { claims: [], problems: routeProblems, warnings }
  const valid = readings.map(({ route }) => route)
  return { ...claimsOf(source, valid, settings), warnings }
}
