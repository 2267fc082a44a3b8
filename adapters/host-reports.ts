import type { S3Client } from '@aws-sdk/client-s3'
import { hostReportPrefix } from '../core/release/keys.ts'
import { parseReport, type ReportedHost } from '../core/release/parse-report.ts'
import { listObjects } from './bucket-listing.ts'
import { chunksOf } from './chunks.ts'
import type { Clock } from './clock.ts'
import { openObjects } from './objects.ts'

const atOnce = 16
/** S3 tells times in whole seconds, by a clock that isn't ours. */
const slackMs = 5_000

/** Reads what hosts have reported since a time in Unix milliseconds; reports that aren't readable are left out. */
export function openHostReports(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  now: Clock,
): (since: number) => Promise<readonly ReportedHost[]> {
  const objects = openObjects(s3, bucket, now)
  const known = new Map<string, { readonly at: number; readonly report: ReportedHost | null }>()

  async function reportOf(key: string, at: number): Promise<ReportedHost | null> {
    const before = known.get(key)
    if (before?.at === at) return before.report
    const found = await objects.read(key)
    const read = found === null ? null : parseReport(Buffer.from(found.bytes).toString())
    const report = read === null || !Number.isFinite(at) ? read : { ...read, writtenAt: at }
    // Within the same second another report could follow that the listing doesn't tell from this one.
    if (now() - at > slackMs) known.set(key, { at, report })
    return report
  }

  return async (since) => {
    const listed = await listObjects(s3, bucket, hostReportPrefix)
    const fresh = listed.filter(({ at }) => at >= since - slackMs)
    for (const key of known.keys()) if (!fresh.some((one) => one.key === key)) known.delete(key)
    const found: ReportedHost[] = []
    for (const part of chunksOf(fresh, atOnce)) {
      const reports = await Promise.all(part.map(({ key, at }) => reportOf(key, at)))
      found.push(...reports.filter((report) => report !== null))
    }
    return found
  }
}
