import { openReleases, type Releases } from '../../adapters/releases.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { describeChannel } from '../../core/release/describe-channel.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { readFlags } from './flags.ts'
import { bucketFlags, bucketHelp, openS3, placeOf } from './release-bucket.ts'

const help = `Usage: quayside status [options]

Tells what a channel says to the hosts: which release, since and until when, and
whether it is pinned. Where it follows a canary channel, that one too.

${bucketHelp}
  --help                 this text
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, { ...bucketFlags, help: 'switch' })
  const { bucket, channel } = placeOf(flags, terminal)
  const releases = openReleases(openS3(), bucket)
  const pointer = await tell(releases, channel, terminal)
  const from = pointer?.promoted?.from
  if (from === undefined) return 0
  terminal.out('')
  await tell(releases, from, terminal)
  return 0
}

async function tell(
  releases: Pick<Releases, 'readPointer'>,
  channel: string,
  { out, now }: Terminal,
): Promise<Pointer | null> {
  const stored = await releases.readPointer(channel)
  const pointer = stored === null ? null : parsePointer(stored.content).pointer
  const lines =
    pointer === null ? [`channel: ${channel}`, 'nothing was published yet'] : describeChannel(pointer, now())
  for (const line of lines) out(line)
  return pointer
}

export const status: Command = { name: 'status', summary: 'what a channel says to the hosts', help, run }
