import type { JudgedService } from '../../core/catalog/judge.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'

/** The services of a plan, in an order that only changes when other services are followed. */
export type Survey = {
  readonly snapshots: readonly ServiceSnapshot[]
  readonly judged: ReadonlyMap<SourceKey, JudgedService>
  /** Those that are not what they were in the survey before; null where others are followed than then. */
  readonly changed: readonly SourceKey[] | null
}

type Services = ReadonlyMap<SourceKey, ServiceSnapshot>

/** Judges what is followed, and of that again only what changed. The maps and lists of a survey hold until the next one. */
export function createSurveyor(
  judge: (snapshot: ServiceSnapshot) => JudgedService,
): (services: Services, followed: ReadonlySet<SourceKey>) => Survey {
  const judgements = new WeakMap<ServiceSnapshot, JudgedService>()
  let last: { readonly followed: ReadonlySet<SourceKey>; readonly sources: readonly SourceKey[] } | null =
    null
  let judged = new Map<SourceKey, JudgedService>()
  let snapshots: ServiceSnapshot[] = []

  function judgeOnce(snapshot: ServiceSnapshot): JudgedService {
    const known = judgements.get(snapshot) ?? judge(snapshot)
    judgements.set(snapshot, known)
    return known
  }

  function surveyAll(services: Services, followed: ReadonlySet<SourceKey>): Survey {
    const read = [...services].filter(([source]) => followed.has(source))
    snapshots = read.map(([, snapshot]) => snapshot)
    judged = new Map(read.map(([source, snapshot]) => [source, judgeOnce(snapshot)]))
    last = { followed, sources: read.map(([source]) => source) }
    return { snapshots, judged, changed: null }
  }

  return (services, followed) => {
    const current = last?.followed === followed ? last.sources.map((source) => services.get(source)) : null
    const isSame =
      current?.every((one) => one !== undefined) === true && countOf(services, followed) === current.length
    if (last === null || current === null || !isSame) return surveyAll(services, followed)
    const changed: SourceKey[] = []
    const before = snapshots
    snapshots = [...before]
    for (const [at, source] of last.sources.entries()) {
      const snapshot = current[at]
      if (snapshot === undefined || snapshot === before[at]) continue
      snapshots[at] = snapshot
      judged.set(source, judgeOnce(snapshot))
      changed.push(source)
    }
    return { snapshots, judged, changed }
  }
}

/** Most often everything that was read is followed. */
function countOf(services: Services, followed: ReadonlySet<SourceKey>): number {
  let count = 0
  for (const source of services.keys()) if (followed.has(source)) count += 1
  return count
}
