import { QuaysideError } from '../../core/errors.ts'
import { type StoredVersion, type SweepPlan, sweepPlan } from '../../core/publish/sweep-plan.ts'
import { hostReportPrefix } from '../../core/release/keys.ts'
import { type Names, readNames } from './names.ts'

/** What a sweep needs of the release bucket. */
export type SweepBucket = {
  /** Every version of every object whose key begins so. */
  readonly versions: (prefix: string) => Promise<readonly StoredVersion[]>
  readonly list: (prefix: string) => Promise<readonly { readonly key: string; readonly at: number }[]>
  readonly read: (key: string) => Promise<string | null>
  readonly remove: (versions: readonly StoredVersion[]) => Promise<void>
}

export type SweepDeps = {
  readonly bucket: SweepBucket
  readonly now: () => number
  readonly log: { readonly info: (event: string, fields?: Readonly<Record<string, unknown>>) => void }
}

export type SweepRecord = Omit<Names, 'digests'> & {
  readonly outcome: 'swept' | 'dry-run'
  /** What was removed, or would be for `dry-run`. */
  readonly counts: SweepPlan['counts']
  readonly ms: number
}

/**
 * Removes what nothing in use names and what wasn't written lately. What is stored is listed before anything is read of what names
 * it, and only versions of that listing are removed: whatever is stored again meanwhile stays. An interrupted sweep is finished by
 * the next one. Throws without having removed anything where it can't know what is in use.
 */
export async function runSweep(deps: SweepDeps, { dryRun = false } = {}): Promise<SweepRecord> {
  const { bucket, log } = deps
  const began = deps.now()
  const lists = await Promise.all(
    ['blobs/', 'layouts/', 'publications/', hostReportPrefix].map(bucket.versions),
  )
  const stored = lists.flat()
  const { digests, ...used } = await readNames(bucket, stored, began)
  const { removed, counts } = sweepPlan(stored, digests, began)
  assertVersioned(removed)
  if (!dryRun) await bucket.remove(removed)
  const outcome = dryRun ? ('dry-run' as const) : ('swept' as const)
  const record: SweepRecord = { outcome, ...used, counts, ms: deps.now() - began }
  log.info('swept', record)
  return record
}

/** Without versions, removing an object also removes what was stored under its key a moment ago. */
function assertVersioned(removed: readonly StoredVersion[]): void {
  const bare = removed.find(({ version }) => version === 'null')
  if (bare === undefined) return
  throw new QuaysideError(
    'SETTINGS_INVALID',
    `${bare.key} has no version id. Turn on versioning for the release bucket: without it a sweep could remove what is just being reused.`,
  )
}
