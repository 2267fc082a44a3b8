import type { Terminal } from '../command.ts'
import { readWordAndFlags } from '../flags.ts'
import { bucketFlags, placeOf } from '../release-bucket.ts'
import { type SigningFlags, signingFlags } from '../signing.ts'
import { UsageError } from '../usage-error.ts'

export type PinOptions = {
  readonly bucket: string
  readonly channel: string
  readonly signing: SigningFlags
  /** Generation or layout; null: the one before the last (rollback) or the one in force (pin). */
  readonly target: string | null
  readonly reason: string
  readonly frozen: boolean
  readonly now: boolean
  readonly yes: boolean
  readonly json: boolean
}

const kinds = {
  ...bucketFlags,
  ...signingFlags,
  reason: 'text',
  frozen: 'switch',
  now: 'switch',
  yes: 'switch',
  json: 'switch',
} as const

/** `pin [<generation|layout>]`. */
export function parsePin(args: readonly string[], terminal: Terminal): PinOptions {
  const { word, flags } = readWordAndFlags(args, kinds, 'generation or layout')
  return optionsOf(flags, word, 'pinned by hand', terminal)
}

/** `rollback [--to <generation|layout>]`, or the same word alone. */
export function parseRollback(args: readonly string[], terminal: Terminal): PinOptions {
  const { word, flags } = readWordAndFlags(args, { ...kinds, to: 'text' }, 'generation or layout')
  if (word !== null && flags.to !== null)
    throw new UsageError(`"${word}" and --to ${flags.to} exclude one another.`)
  return optionsOf(flags, word ?? flags.to, 'rolled back by hand', terminal)
}

/** `unpin`. */
export function parseUnpin(
  args: readonly string[],
  terminal: Terminal,
): Pick<PinOptions, 'bucket' | 'channel' | 'signing' | 'json'> {
  const unpinKinds = { ...bucketFlags, ...signingFlags, json: 'switch' } as const
  const { word, flags } = readWordAndFlags(args, unpinKinds, 'option')
  if (word !== null) throw new UsageError(`"${word}" is not an option.`)
  return { ...placeOf(flags, terminal), signing: flags, json: flags.json }
}

type PinFlags = SigningFlags & {
  readonly bucket: string | null
  readonly channel: string | null
  readonly reason: string | null
  readonly frozen: boolean
  readonly now: boolean
  readonly yes: boolean
  readonly json: boolean
}

function optionsOf(flags: PinFlags, target: string | null, reason: string, terminal: Terminal): PinOptions {
  const { frozen, now, yes, json } = flags
  if ((flags.reason ?? '').length > 500) throw new UsageError('--reason takes at most 500 characters.')
  if (frozen && !yes && terminal.ask === null)
    throw new UsageError(
      'Nobody can be asked here, so nothing was done: --yes freezes without asking, even addresses that no task has any more.',
    )
  const place = placeOf(flags, terminal)
  return { ...place, signing: flags, target, reason: flags.reason ?? reason, frozen, now, yes, json }
}
