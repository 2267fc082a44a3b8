import type { PaceSettings } from '../settings/settings.ts'

/**
 * When to publish. Quiet: a first change goes out at once. Busy: changes are gathered for a while, and a budget of tokens
 * bounds how often hosts are disturbed. All times are Unix milliseconds.
 */
export type Pace = {
  readonly lastPublishAt: number | null
  /** Tokens at `tokensAt`; below zero when one was borrowed. */
  readonly tokens: number
  readonly tokensAt: number
  readonly pending: Pending | null
}

/**
 * What is waiting to go out. `urgent` once an address has left, or a service that had none has got its first: every moment of either
 * costs failed requests.
 */
export type Pending = { readonly firstAt: number; readonly lastAt: number; readonly urgent: boolean }

export function startPace(settings: PaceSettings, now: number): Pace {
  return { lastPublishAt: null, tokens: settings.budgetBurst, tokensAt: now, pending: null }
}

/**
 * The same pace by a clock that was set back: as far back, so that what waits goes on waiting for as long as it would have. Without
 * this nothing would be published until the clock is where it was, which may be hours.
 */
export function withoutFuture(pace: Pace, now: number): Pace {
  const { lastPublishAt, tokensAt, pending } = pace
  const back = Math.max(lastPublishAt ?? now, tokensAt, pending?.lastAt ?? now) - now
  if (back <= 0) return pace
  return {
    ...pace,
    lastPublishAt: lastPublishAt === null ? null : lastPublishAt - back,
    tokensAt: tokensAt - back,
    pending: pending && { ...pending, firstAt: pending.firstAt - back, lastAt: pending.lastAt - back },
  }
}

/** Notes that what should be published has just become something else. */
export function noteChange(pace: Pace, now: number, urgent: boolean): Pace {
  const firstAt = pace.pending?.firstAt ?? now
  return { ...pace, pending: { firstAt, lastAt: now, urgent: urgent || pace.pending?.urgent === true } }
}

/** Notes that nothing differs any more: a change was undone while it waited. */
export function noteNothing(pace: Pace): Pace {
  return { ...pace, pending: null }
}

export function notePublish(pace: Pace, settings: PaceSettings, now: number): Pace {
  const tokens = Math.max(tokensAt(pace, settings, now) - 1, -1)
  return { lastPublishAt: now, tokens, tokensAt: now, pending: null }
}

/**
 * Tasks that start or stop together are seen some milliseconds apart. Waiting for a gap of this length, though never longer than
 * `gatherMaxMs`, puts them into one publication instead of leaving all but the first to wait for the budget.
 */
const gatherMs = 25
const gatherMaxMs = 100

/** When the pending change may go out, or null where nothing is pending. A time that has passed means now. */
export function publishAt(pace: Pace, settings: PaceSettings): number | null {
  const { pending, lastPublishAt } = pace
  if (pending === null) return null
  const gathered = Math.min(pending.lastAt + gatherMs, pending.firstAt + gatherMaxMs)
  const quiet = lastPublishAt === null || pending.firstAt - lastPublishAt >= settings.quietMs
  if (quiet) return gathered
  // One token may be borrowed for an urgent change, so that a rolling deployment's additions can't keep a dead address in.
  if (pending.urgent) return Math.max(gathered, timeOfTokens(pace, settings, 0))
  const settled = pending.lastAt + settings.debounceMinMs
  const latest = pending.firstAt + settings.debounceMaxMs
  return Math.max(Math.min(settled, latest), timeOfTokens(pace, settings, 1))
}

function tokensAt(pace: Pace, { budgetBurst, budgetEveryMs }: PaceSettings, now: number): number {
  return Math.min(budgetBurst, pace.tokens + Math.max(0, now - pace.tokensAt) / budgetEveryMs)
}

function timeOfTokens(pace: Pace, { budgetEveryMs }: PaceSettings, wanted: number): number {
  return Math.ceil(pace.tokensAt + Math.max(0, wanted - pace.tokens) * budgetEveryMs)
}
