import { byText } from '../canonical.ts'
import { forgottenMs } from '../release/fleet.ts'
import { generationOf, isHostReportKey } from '../release/keys.ts'

/** One version of an object, as a listing shows it; `at` is when it was written, in Unix milliseconds. */
export type StoredVersion = {
  readonly key: string
  readonly version: string
  readonly size: number
  readonly at: number
}

const day = 24 * 3_600_000

/** Nothing that was written within this time is removed, whoever names it. */
export const spareMs = 7 * day

/**
 * Whoever reuses content that was stored this long ago stores it again. A sweep removes the versions that it has listed, each by its
 * id, and only of objects older than `spareMs`. So content that is about to be named again is either too young for the sweep, or
 * gets a version that the sweep hasn't seen: no order of their steps loses it. The days between the two are more than a publication
 * and a sweep take together, and than any two clocks differ.
 */
export const refreshAfterMs = 3 * day

/** The newest publications are kept, and what they name can be rolled back to. */
export const keptPublications = 1_000
/** Older ones stay to be read for this long. */
const publicationMs = 30 * day

/** How long what nothing names stays. A report goes with its host: one that comes back writes it anew. */
const stayMs: Readonly<Record<Kind, number>> = {
  ...{ blobs: spareMs, layouts: spareMs },
  ...{ publications: publicationMs, reports: forgottenMs },
}

export type SweepPlan = {
  /** In the order of removal: no layout is left without its files. */
  readonly removed: readonly StoredVersion[]
  readonly counts: Readonly<Record<Kind, SweepCount>>
}

export type Kind = 'blobs' | 'layouts' | 'publications' | 'reports'

/** Of the objects of one kind: how many are kept because something names them, spared because they are young, and removed. */
export type SweepCount = {
  readonly named: number
  readonly spared: number
  readonly removed: number
  /** Bytes of the versions that are removed. */
  readonly bytes: number
}

type Stored = { readonly key: string; readonly kind: Kind; readonly versions: readonly StoredVersion[] }
type Verdict = 'named' | 'spared' | 'removed'

/**
 * Which versions to remove, given everything that is stored and the digests that something in use names. Keys that aren't blobs,
 * layouts, publications or reports by their form are never touched.
 */
export function sweepPlan(
  stored: readonly StoredVersion[],
  named: ReadonlySet<string>,
  now: number,
): SweepPlan {
  const objects = objectsOf(stored)
  const kept = new Set(newestPublications(objects.map(({ key }) => key)))
  const isNamed = ({ key, kind }: Stored) => {
    if (kind === 'reports') return false
    return kind === 'publications' ? kept.has(generationOf(key) ?? 0) : named.has(digestIn(key))
  }
  const judged = objects.map((one) => ({ ...one, verdict: judge(one, isNamed(one), now) }))
  const removed = judged.filter(({ verdict }) => verdict === 'removed')
  const ordered = order.flatMap((kind) => removed.filter((one) => one.kind === kind))
  return {
    removed: ordered.flatMap(({ versions }) => versions),
    counts: {
      blobs: countOf('blobs', judged),
      layouts: countOf('layouts', judged),
      publications: countOf('publications', judged),
      reports: countOf('reports', judged),
    },
  }
}

/** What leads to a thing goes before it: a sweep that is interrupted leaves nothing that names what is gone. */
const order: readonly Kind[] = ['reports', 'publications', 'layouts', 'blobs']

/** The generations of the newest publications among these keys, in order. */
export function newestPublications(keys: readonly string[]): readonly number[] {
  return keys
    .flatMap((key) => generationOf(key) ?? [])
    .sort((a, b) => a - b)
    .slice(-keptPublications)
}

/**
 * Every digest that stands anywhere in the text of a pointer, layout, publication or report. Reading them by their form rather than
 * by field keeps what a newer version names in fields that this one doesn't know.
 */
export function digestsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g)].map(([digest]) => digest)
}

function objectsOf(stored: readonly StoredVersion[]): readonly Stored[] {
  return [...Map.groupBy(stored, ({ key }) => key)]
    .flatMap(([key, versions]) => {
      const kind = kindOf(key)
      return kind === null ? [] : [{ key, kind, versions }]
    })
    .sort((a, b) => byText(a.key, b.key))
}

function kindOf(key: string): Kind | null {
  if (/^blobs\/[0-9a-f]{64}$/.test(key)) return 'blobs'
  if (/^layouts\/[0-9a-f]{64}\.json$/.test(key)) return 'layouts'
  if (isHostReportKey(key)) return 'reports'
  return generationOf(key) === null ? null : 'publications'
}

function digestIn(key: string): string {
  return /[0-9a-f]{64}/.exec(key)?.[0] ?? ''
}

/** By the newest version: with it the older ones go too, or the one before it would be the current one again. */
function judge({ kind, versions }: Stored, isNamed: boolean, now: number): Verdict {
  if (isNamed) return 'named'
  const at = Math.max(...versions.map((one) => one.at))
  return now - at < stayMs[kind] ? 'spared' : 'removed'
}

function countOf(kind: Kind, judged: readonly (Stored & { readonly verdict: Verdict })[]): SweepCount {
  const own = judged.filter((one) => one.kind === kind)
  const count = (verdict: Verdict) => own.filter((one) => one.verdict === verdict).length
  const gone = own.filter(({ verdict }) => verdict === 'removed').flatMap(({ versions }) => versions)
  return {
    ...{ named: count('named'), spared: count('spared'), removed: count('removed') },
    bytes: gone.reduce((sum, { size }) => sum + size, 0),
  }
}
