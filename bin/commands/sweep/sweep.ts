import { openSweepBucket } from '../../../adapters/sweep-bucket.ts'
import type { Kind, SweepCount } from '../../../core/publish/sweep-plan.ts'
import { runSweep, type SweepRecord } from '../../../functions/sweep/sweep.ts'
import { table } from '../../../local/table.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { readFlags } from '../flags.ts'
import { openS3, placeOf } from '../release-bucket.ts'

const help = `Usage: quayside sweep [options]

Removes from the release bucket what no channel, no host that reported within
a day, and none of the newest 1,000 publications names, and what was not
written within 7 days; publications after 30 days, and reports of hosts that
have been silent for a day. The stack does the same by itself every day.

  --bucket <bucket>      the deployment's release bucket      (QUAYSIDE_BUCKET)
  --dry-run              show what would be removed, and stop
  --json                 one JSON record on stdout
  --help                 this text

Needs s3:ListBucket, s3:ListBucketVersions, s3:GetObject and
s3:DeleteObjectVersion.

  npx quayside sweep --bucket releases-0123 --dry-run
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, { bucket: 'text', 'dry-run': 'switch', json: 'switch' })
  const { bucket } = placeOf({ bucket: flags.bucket, channel: null }, terminal)
  const s3 = openS3()
  try {
    const deps = { bucket: openSweepBucket(s3, bucket), now: terminal.now, log: { info: () => {} } }
    const record = await runSweep(deps, { dryRun: flags['dry-run'] })
    terminal.out(flags.json ? JSON.stringify(record) : describe(record))
    return 0
  } finally {
    s3.destroy()
  }
}

const kinds: readonly Kind[] = ['publications', 'layouts', 'blobs']

function describe({ counts, outcome, channels, hosts, publications }: SweepRecord): string {
  const gone = outcome === 'swept' ? 'removed' : 'to remove'
  const rows = kinds.map((kind) => [kind, ...cells(counts[kind])])
  const used = `in use by ${channels} channels, ${hosts} hosts, ${publications} publications`
  return `${used}\n\n${table(['', 'named', 'young', gone, 'bytes'], rows)}`
}

function cells({ named, spared, removed, bytes }: SweepCount): readonly number[] {
  return [named, spared, removed, bytes]
}

export const sweep: Command = {
  name: 'sweep',
  summary: 'remove from the bucket what nothing names any more',
  help,
  run,
}
