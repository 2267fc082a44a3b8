import { S3Client } from '@aws-sdk/client-s3'
import { awsTimeouts } from '../../adapters/aws-errors.ts'
import { openReleases } from '../../adapters/releases.ts'
import { describeChannel } from '../../core/release/describe-channel.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { readFlags } from './flags.ts'
import { UsageError } from './usage-error.ts'

const help = `Usage: quayside status --bucket <bucket> [--channel <name>]

Tells what a channel says to the hosts: which release, since and until when, and
whether it is pinned.

  --bucket <bucket>   the deployment's release bucket
  --channel <name>    which channel                              (current)
  --help              this text
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, { bucket: 'text', channel: 'text', help: 'switch' })
  if (flags.bucket === null) throw new UsageError('--bucket is needed: the release bucket of the deployment.')
  const channel = flags.channel ?? 'current'
  const s3 = new S3Client(awsTimeouts)
  const stored = await openReleases(s3, flags.bucket).readPointer(channel)
  const lines =
    stored === null
      ? [`channel: ${channel}`, 'nothing was published yet']
      : describeChannel(parsePointer(stored.content).pointer, terminal.now())
  for (const line of lines) terminal.out(line)
  return 0
}

export const status: Command = { name: 'status', summary: 'what a channel says to the hosts', help, run }
