import { openReleases } from '../../adapters/releases.ts'
import { describeChannel } from '../../core/release/describe-channel.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { readFlags } from './flags.ts'
import { bucketFlags, bucketHelp, openS3, placeOf } from './release-bucket.ts'

const help = `Usage: quayside status [options]

Tells what a channel says to the hosts: which release, since and until when, and
whether it is pinned.

${bucketHelp}
  --help                 this text
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, { ...bucketFlags, help: 'switch' })
  const { bucket, channel } = placeOf(flags, terminal)
  const stored = await openReleases(openS3(), bucket).readPointer(channel)
  const lines =
    stored === null
      ? [`channel: ${channel}`, 'nothing was published yet']
      : describeChannel(parsePointer(stored.content).pointer, terminal.now())
  for (const line of lines) terminal.out(line)
  return 0
}

export const status: Command = { name: 'status', summary: 'what a channel says to the hosts', help, run }
