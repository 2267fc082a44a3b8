import { openReleases, type Releases } from '../../../adapters/releases.ts'
import { canonicalJson } from '../../../core/canonical.ts'
import { explain } from '../../../core/errors.ts'
import { changesBetween, describePublication } from '../../../core/publish/publication.ts'
import type { Pointer } from '../../../core/release/channel.ts'
import { describeTrial } from '../../../core/release/describe-channel.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { readFlags } from '../flags.ts'
import { shortId } from '../pin/report.ts'
import { describeService } from '../plan/report.ts'
import { bucketFlags, openS3, placeOf } from '../release-bucket.ts'
import { openSigner, signingFlags } from '../signing.ts'
import { UsageError } from '../usage-error.ts'
import { promoteHelp } from './help.ts'
import { type Offer, type PromotionRecord, setPromotion } from './set-promotion.ts'

const kinds = { ...bucketFlags, ...signingFlags, layout: 'text', yes: 'switch', json: 'switch' } as const

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, kinds)
  const { bucket, channel } = placeOf(flags, terminal)
  if (!flags.yes && terminal.ask === null)
    throw new UsageError('Nobody can be asked here, so nothing was done: --yes promotes without asking.')
  const s3 = openS3()
  try {
    const releases = openReleases(s3, bucket, terminal.now)
    const record = await setPromotion({
      ...{ releases, channel, target: flags.layout, now: terminal.now },
      openSigner: (deployment) => openSigner(flags, deployment, terminal),
      by: (terminal.env.USER ?? terminal.env.LOGNAME ?? 'by hand').slice(0, 200),
      agree: (offer) => agreed(offer, channel, flags, terminal),
    })
    if (record.after !== null) await tell(releases, record, record.after, terminal)
    terminal.out(flags.json ? JSON.stringify(jsonOf(record)) : describe(record, channel))
    return record.outcome === 'declined' ? 1 : 0
  } finally {
    s3.destroy()
  }
}

async function agreed(
  { layout, canary, changes }: Offer,
  channel: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
  { ask, out, err }: Terminal,
): Promise<boolean> {
  const say = json ? err : out
  const isTried = canary.layout.sha256 === layout
  const trial = isTried ? describeTrial({ ...(canary.soak ? { soak: canary.soak } : {}) }) : []
  const untried = isTried ? [] : [`channel ${canary.channel} has another layout now`]
  const routes = changes.length === 0 ? ['No route changes.'] : changes.map(describeService)
  say([`layout ${shortId(layout)} for channel ${channel}`, ...trial, ...untried, '', ...routes].join('\n'))
  if (yes) return true
  const answer = (await ask?.('\nPromote it? Type yes: ')) ?? ''
  return /^y(es)?$/i.test(answer.trim())
}

/** An account of it for people, beside those of the publisher. */
async function tell(
  releases: Releases,
  { outcome, before, endpoints }: PromotionRecord,
  after: Pointer,
  { err }: Terminal,
): Promise<void> {
  // What only the publisher can put together, it gives an account of.
  if (outcome !== 'promoted') return
  const changes = changesBetween(before.endpoints, endpoints, () => 'no layout uses the service')
  const told = { changes, holds: [], problems: [], empty: [] }
  const publication = describePublication(after, before.pointer, endpoints, told)
  try {
    await releases.putPublication(after.generation, canonicalJson(publication))
  } catch (error) {
    err(`The layout is promoted, but its account could not be stored: ${explain(error)}`)
  }
}

function describe({ outcome, layout, after }: PromotionRecord, channel: string): string {
  const id = shortId(layout)
  if (outcome === 'nothing') return `channel ${channel} has layout ${id} already`
  if (outcome === 'declined') return 'Nothing was changed.'
  const what =
    outcome === 'promoted'
      ? `is on layout ${id} with the addresses of now`
      : `goes to layout ${id} when the publisher sees it, within seconds while it runs`
  return `channel ${channel} ${what}\ngeneration ${after?.generation}`
}

function jsonOf({ outcome, layout, before, after }: PromotionRecord) {
  const { generation, promoted } = after ?? before.pointer
  return { outcome, generation, layout, promoted: promoted ?? null }
}

export const promote: Command = {
  name: 'promote',
  summary: 'give the layout of the canary channel to all other hosts',
  help: promoteHelp,
  run,
}
