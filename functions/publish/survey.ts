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
    const again = last?.followed === followed ? surveyAgain(services, followed, last.sources) : null
    return again ?? surveyAll(services, followed)
  }

  /** Null unless the same sources are there in the same order. */
  function surveyAgain(
    services: Services,
    followed: ReadonlySet<SourceKey>,
    sources: readonly SourceKey[],
  ): Survey | null {
    const changed: SourceKey[] = []
    const current = [...snapshots]
    let at = 0
    let isOther = false
    // Unlike `for … of`, this makes no pair of key and value for each of ten thousand.
    services.forEach((snapshot, source) => {
      if (sources[at] !== source) {
        isOther ||= followed.has(source)
        return
      }
      if (snapshot !== current[at]) changed.push(source)
      current[at] = snapshot
      at += 1
    })
    if (isOther || at !== sources.length) return null
    for (const source of changed) {
      const snapshot = services.get(source)
      if (snapshot !== undefined) judged.set(source, judgeOnce(snapshot))
    }
    snapshots = current
    return { snapshots, judged, changed }
  }
}
