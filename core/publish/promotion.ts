import type { Pointer, Promoted, SoakFailure } from '../release/channel.ts'
import type { ReportedLayout } from '../release/parse-report.ts'
import { visible } from '../route/problem.ts'
import type { CanarySettings } from '../settings/settings.ts'
import type { Content } from './compose.ts'
import { type ChannelIdentity, nextPointer } from './next-pointer.ts'

/** What becomes of the layout on the canary channel; `until` is when time alone may change that, in Unix milliseconds. */
export type SoakStep =
  | { readonly kind: 'promote'; readonly why: string }
  | { readonly kind: 'fail'; readonly failed: SoakFailure }
  | { readonly kind: 'wait'; readonly why: string; readonly until: number | null }

/**
 * Whether the canary's layout is to be judged at all: it is another one than the promoted one, nobody has pinned either channel, and
 * no host has refused it yet. A refused layout waits for a person or for a newer one.
 */
export function isOnTrial(canary: Pointer, stable: Pointer): boolean {
  const { promoted } = stable
  return (
    promoted !== undefined &&
    promoted.layout !== canary.layout.sha256 &&
    canary.pin === null &&
    stable.pin === null &&
    canary.soak?.failed === null
  )
}

/** Judges a layout on trial by what the hosts have reported since it came into force. */
export function judgeSoak(
  canary: Pointer,
  reports: readonly ReportedLayout[],
  { soakMs }: Pick<CanarySettings, 'soakMs'>,
  now: number,
): SoakStep {
  const since = canary.soak?.since ?? canary.created
  const own = reports.filter(
    ({ deployment, channel }) => deployment === canary.deployment && channel === canary.channel,
  )
  const refusal = own.find((report) => hasFailed(report, canary))
  if (refusal !== undefined) return { kind: 'fail', failed: describeFailure(refusal, now) }
  if (soakMs === null) return { kind: 'wait', why: 'it is promoted by hand only', until: null }
  const ripe = Date.parse(since) + soakMs
  if (now < ripe) return { kind: 'wait', why: 'its time is not over', until: ripe }
  const confirmed = own.filter(({ applied }) => applied === canary.layout.sha256).length
  if (confirmed === 0) return { kind: 'wait', why: 'no host has confirmed it', until: null }
  return { kind: 'promote', why: `${confirmed} hosts confirmed it and none refused it since ${since}` }
}

/** Steps before these fail by network or disk, whatever the layout is. */
const ownSteps: readonly string[] = ['test', 'swap', 'reload', 'confirm', 'restore']

function hasFailed({ offered, outcome, step }: ReportedLayout, { layout }: Pointer): boolean {
  if (offered !== layout.sha256) return false
  if (outcome === 'rejected' || outcome === 'rolled-back') return true
  return outcome === 'failed' && step !== null && ownSteps.includes(step)
}

function describeFailure({ host, outcome, step, reason }: ReportedLayout, now: number): SoakFailure {
  const what = visible(`${outcome}${step === null ? '' : ` at ${step}`}: ${reason}`)
  return { host: visible(host).slice(0, 200), at: new Date(now).toISOString(), reason: what.slice(0, 1_000) }
}

/** The pointer with another promotion and, where that moves it, other content; null takes the promotion away. */
export function repromoted(
  pointer: Pointer,
  promoted: Promoted | null,
  content: Content | null,
  now: number,
): Pointer {
  const { deployment, channel, created, expires } = pointer
  const lifeMs = Date.parse(expires) - Date.parse(created)
  const identity: ChannelIdentity = { deployment, channel, lifeMs }
  const { promoted: _before, ...next } = nextPointer(
    pointer,
    content ?? pointer,
    pointer.state,
    identity,
    now,
  )
  return promoted === null ? next : { ...next, promoted }
}
