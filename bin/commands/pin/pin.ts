import { openReleases, type Releases } from '../../../adapters/releases.ts'
import { canonicalJson } from '../../../core/canonical.ts'
import { explain } from '../../../core/errors.ts'
import type { Rotten } from '../../../core/publish/pinning.ts'
import { changesBetween, describePublication } from '../../../core/publish/publication.ts'
import type { Pointer } from '../../../core/release/channel.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { openS3 } from '../release-bucket.ts'
import { openSigner } from '../signing.ts'
import { pinHelp, rollbackHelp } from './help.ts'
import { type PinOptions, parsePin, parseRollback } from './options.ts'
import { describePin, describeRotten } from './report.ts'
import { type PinRecord, type SetPin, setPin } from './set-pin.ts'

async function run(options: PinOptions, fallback: SetPin['fallback'], terminal: Terminal): Promise<ExitCode> {
  const s3 = openS3()
  try {
    const releases = openReleases(s3, options.bucket, terminal.now)
    const record = await setPin({
      ...{ releases, channel: options.channel, target: options.target, fallback, urgent: options.now },
      openSigner: (deployment) => openSigner(options.signing, deployment, terminal),
      pin: pinOf(options, terminal),
      now: terminal.now,
      agree: (layout, rotten) => agreed(layout, rotten, options, terminal),
    })
    if (record.after !== null) await tell(releases, record, record.after, terminal)
    if (options.json) terminal.out(JSON.stringify(jsonOf(record)))
    else if (record.after !== null) terminal.out(describePin(record, record.after))
    if (record.after === null) terminal.err('Nothing was changed.')
    return record.after === null ? 1 : 0
  } finally {
    s3.destroy()
  }
}

function pinOf({ reason, frozen }: PinOptions, { env, now }: Terminal): SetPin['pin'] {
  const by = env.USER ?? env.LOGNAME
  const at = new Date(now()).toISOString()
  return { reason, frozen, at, ...(by === undefined ? {} : { by: by.slice(0, 200) }) }
}

async function agreed(
  layout: string,
  rotten: readonly Rotten[],
  options: PinOptions,
  { ask, out, err }: Terminal,
): Promise<boolean> {
  const say = options.json ? err : out
  say(describeRotten(layout, rotten))
  if (options.yes) return true
  const answer = (await ask?.('\nFreeze them? Type yes: ')) ?? ''
  return /^y(es)?$/i.test(answer.trim())
}

/** An account of it for people, beside those of the publisher. */
async function tell(
  releases: Releases,
  { before, endpoints, rotten, notes }: PinRecord,
  after: Pointer,
  { err }: Terminal,
): Promise<void> {
  const now = endpoints ?? before.endpoints
  const changes = changesBetween(before.endpoints, now, () => `left by the pin (${after.pin?.reason})`)
  const problems = rotten.map(
    ({ source, server }) => `${source}: ${server} is frozen and not known to be live`,
  )
  const told = { changes, files: [], holds: [], problems, empty: notes.dark }
  const publication = describePublication(after, before.pointer, now, told)
  try {
    await releases.putPublication(after.generation, canonicalJson(publication))
  } catch (error) {
    err(`The pin is set, but its account could not be stored: ${explain(error)}`)
  }
}

function jsonOf({ outcome, before, after, layout, notes, rotten }: PinRecord) {
  const { generation } = after ?? before.pointer
  return { outcome, generation, layout, pin: (after ?? before.pointer).pin, ...notes, notLive: rotten }
}

export const pin: Command = {
  name: 'pin',
  summary: 'keep a layout in force; its addresses go on following the tasks',
  help: pinHelp,
  run: (args, terminal) => run(parsePin(args, terminal), 'in force', terminal),
}

export const rollback: Command = {
  name: 'rollback',
  summary: 'go back to an earlier layout, with the addresses of now',
  help: rollbackHelp,
  run: (args, terminal) => run(parseRollback(args, terminal), 'previous', terminal),
}
