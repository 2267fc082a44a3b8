import { openHostReports } from '../../adapters/host-reports.ts'
import { openReleases, type Releases } from '../../adapters/releases.ts'
import { explain } from '../../core/errors.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { describeChannel } from '../../core/release/describe-channel.ts'
import { forgottenMs } from '../../core/release/fleet.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { ReportedHost } from '../../core/release/parse-report.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { readFlags } from './flags.ts'
import { fleetLines } from './fleet-table.ts'
import { bucketFlags, bucketHelp, openS3, placeOf } from './release-bucket.ts'

const help = `Usage: quayside status [options]

Tells what a channel says to the hosts: which release, since and until when, and
whether it is pinned; and how each host does that has reported within a day.
Where the channel follows a canary channel, the same of that one.

${bucketHelp}
  --help                 this text
`

type Read = {
  readonly releases: Pick<Releases, 'readPointer'>
  /** The hosts' reports, or why they can't be read. */
  readonly reports: readonly ReportedHost[] | string
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, { ...bucketFlags, help: 'switch' })
  const { bucket, channel } = placeOf(flags, terminal)
  const s3 = openS3()
  try {
    const reports = await openHostReports(
      s3,
      bucket,
      terminal.now,
    )(terminal.now() - forgottenMs).catch(explain)
    const read = { releases: openReleases(s3, bucket), reports }
    const pointer = await tell(read, channel, terminal)
    const from = pointer?.promoted?.from
    if (from === undefined) return 0
    terminal.out('')
    await tell(read, from, terminal)
    return 0
  } finally {
    s3.destroy()
  }
}

async function tell(
  { releases, reports }: Read,
  channel: string,
  { out, now }: Terminal,
): Promise<Pointer | null> {
  const stored = await releases.readPointer(channel)
  const pointer = stored === null ? null : parsePointer(stored.content).pointer
  if (pointer === null) out(`channel: ${channel}\nnothing was published yet`)
  else for (const line of linesOf(pointer, reports, now())) out(line)
  return pointer
}

function linesOf(pointer: Pointer, reports: Read['reports'], now: number): readonly string[] {
  const hosts =
    typeof reports === 'string' ? [`hosts: can't be read (${reports})`] : fleetLines(reports, pointer, now)
  return [...describeChannel(pointer, now), ...hosts]
}

export const status: Command = {
  name: 'status',
  summary: 'what a channel says to the hosts, and how they do',
  help,
  run,
}
