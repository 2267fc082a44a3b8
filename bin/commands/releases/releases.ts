import { openReleases } from '../../../adapters/releases.ts'
import type { Publication } from '../../../core/publish/publication.ts'
import { type Pointer, releaseId } from '../../../core/release/channel.ts'
import { describeTrial } from '../../../core/release/describe-channel.ts'
import { table } from '../../../local/table.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { readPointer } from '../edit-channel.ts'
import { readFlags } from '../flags.ts'
import { isOf, newestPublications } from '../publications.ts'
import { bucketFlags, bucketHelp, openS3, placeOf } from '../release-bucket.ts'
import { UsageError } from '../usage-error.ts'

const help = `Usage: quayside releases [options]

Lists the newest releases, newest first: when, which layout (* where it changed
then), how many services and servers, how many addresses joined and left, how
many were held against a doubt. > is the one in force. With a canary, those of
both channels.

${bucketHelp}
  --limit <n>            how many                                          (20)
  --json                 one JSON record on stdout, with every detail
  --help                 this text

Any generation or layout id of the list can be given to rollback, pin.
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, { ...bucketFlags, limit: 'text', json: 'switch' })
  const { bucket, channel } = placeOf(flags, terminal)
  const limit = limitOf(flags.limit)
  const s3 = openS3()
  try {
    const releases = openReleases(s3, bucket, terminal.now)
    const { pointer } = (await readPointer(releases, channel)).read
    const from = pointer.promoted?.from
    const canary = from === undefined ? null : (await readPointer(releases, from)).read.pointer
    const found = await newestPublications(
      releases,
      Math.min(pointer.generation, canary?.generation ?? pointer.generation),
      limit,
    )
    const current = currentOf(found, pointer)
    if (flags.json) {
      const { generation, pin } = pointer
      const inForce = { generation, releaseId: releaseId(pointer), layout: pointer.layout.sha256, pin }
      const trial = canary && { channel: from, layout: canary.layout.sha256, ...canary.soak }
      const record = { channel, inForce, promoted: pointer.promoted ?? null, canary: trial }
      terminal.out(JSON.stringify({ ...record, current: current?.generation ?? null, releases: found }))
    } else for (const line of linesOf(found, current, pointer, canary)) terminal.out(line)
    return 0
  } finally {
    s3.destroy()
  }
}

function limitOf(text: string | null): number {
  const limit = Number(text ?? 20)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit
  throw new UsageError(`--limit: expected a number from 1 to 1000, got "${text}".`)
}

/** The publication of what the channel says; it may have been signed again since, under generations without one. */
function currentOf(found: readonly Publication[], pointer: Pointer): Publication | null {
  const id = releaseId(pointer)
  const own = found.filter((one) => isOf(one, pointer.channel))
  return own.find((one) => one.releaseId === id && one.generation <= pointer.generation) ?? null
}

function linesOf(
  found: readonly Publication[],
  current: Publication | null,
  { channel, generation, layout, pin }: Pointer,
  canary: Pointer | null,
): readonly string[] {
  const names = ['generation', 'at', 'layout', 'services', 'servers', 'in', 'out', 'held', 'pin']
  const head = ['', ...names, ...(canary === null ? [] : ['channel'])]
  const rows = found.map((one) => {
    const named = canary === null ? [] : [one.channel ?? channel]
    return [one === current ? '>' : '', ...cellsOf(one), ...named]
  })
  const pinned =
    pin === null
      ? ''
      : `, pinned to ${pin.layout.slice(0, 12)}${pin.frozen ? ' (frozen)' : ''}: ${pin.reason}`
  const now = `channel ${channel}: generation ${generation}, layout ${layout.sha256.slice(0, 12)}${pinned}`
  const lines = [now, ...(canary === null ? [] : [trialLine(canary)])]
  return found.length === 0 ? [...lines, 'No publication is stored.'] : [...lines, '', table(head, rows)]
}

function trialLine({ channel, generation, layout, ...canary }: Pointer): string {
  const [trial = 'just set up'] = describeTrial(canary)
  return `channel ${channel}: generation ${generation}, layout ${layout.sha256.slice(0, 12)}, ${trial}`
}

function cellsOf({ generation, at, layout, layoutChanged, counts, changes, holds, pin }: Publication) {
  const count = (part: 'joined' | 'left') => changes.reduce((sum, change) => sum + change[part].length, 0)
  return [
    ...[generation, `${at.slice(0, 19)}Z`, `${layout.slice(0, 12)}${layoutChanged ? '*' : ' '}`],
    ...[counts.services, counts.servers, count('joined'), count('left'), holds.length],
    pin === null ? '' : pin.frozen ? 'frozen' : 'yes',
  ]
}

export const releases: Command = { name: 'releases', summary: 'what was published, and when', help, run }
