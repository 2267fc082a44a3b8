import { explain } from '../../core/errors.ts'
import { newSoak, resigned } from '../../core/publish/next-pointer.ts'
import { isOnTrial, judgeSoak, repromoted, type SoakStep } from '../../core/publish/promotion.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import type { Pointer, Promoted, SoakFailure } from '../../core/release/channel.ts'
import type { ReportedLayout } from '../../core/release/parse-report.ts'
import type { CanarySettings } from '../../core/settings/settings.ts'
import type { PublishLog } from './announce.ts'
import type { ChannelDeps } from './channel.ts'
import type { Meter } from './measure.ts'
import { createOnlyAdds } from './only-adds-once.ts'
import type { Track } from './track.ts'

/** What a deployment with a canary channel needs beside the rest. */
export type CanaryDeps = {
  readonly settings: CanarySettings
  /** What hosts have reported since a time in Unix milliseconds. */
  readonly readReports: (since: number) => Promise<readonly ReportedLayout[]>
  /** Milliseconds between two readings; 30,000 by default. */
  readonly reportsEveryMs?: number
}

/** Watches how the newest layout does on the canary channel, and promotes it when that is due. */
export type Canary = {
  /** Throws RELEASE_CONFLICT where either pointer was replaced. */
  readonly tend: (state: PublisherState | undefined) => Promise<void>
  /** Unix milliseconds; null where only news can change anything. */
  readonly dueAt: () => number | null
}

type Deps = Pick<ChannelDeps, 'releases' | 'identity' | 'now'> & { readonly log: PublishLog }

export function createCanary(
  deps: Deps,
  own: CanaryDeps,
  lead: Track,
  stable: Track,
  meter: Pick<Meter, 'canaryRefused'>,
): Canary {
  const { now, log } = deps
  const judge = createJudge(deps, own)
  let dueAt: number | null = null

  async function tend(state: PublisherState | undefined): Promise<void> {
    dueAt = null
    await adopt(deps, lead, stable, state)
    const [tried, kept] = [lead.channel().pointer, stable.channel().pointer]
    if (tried === null || kept === null || !isOnTrial(tried, kept)) return
    const step = await judge(tried, kept)
    if (step.kind === 'wait') dueAt = step.until
    if (step.kind === 'promote') await promote(tried, step.why)
    if (step.kind === 'fail') await stop(tried, step.failed)
  }

  async function promote({ channel, layout: { sha256: layout } }: Pointer, why: string): Promise<void> {
    const { layout: pinned, operatorFiles: pinnedFiles } = lead.channel()
    const promoted = { layout, ...byUs(now()), from: channel }
    await stable.edit((pointer) => repromoted(pointer, promoted, null, now()), { pinned, pinnedFiles })
    log.info('promoted', { channel: stable.channel().pointer?.channel, layout, why })
    // The keeper plans anew with the promoted layout.
    dueAt = now()
  }

  async function stop({ layout, soak, created }: Pointer, failed: SoakFailure): Promise<void> {
    meter.canaryRefused()
    log.error('canary-failed', { layout: layout.sha256, ...failed })
    const since = soak?.since ?? created
    await lead.edit((pointer) => ({ ...resigned(pointer, deps.identity, now()), soak: { since, failed } }))
  }

  return { tend, dueAt: () => dueAt }
}

/** What is remembered is left with the canary before the other channel says that it is there. */
async function adopt(
  { identity, now }: Deps,
  lead: Track,
  stable: Track,
  state: PublisherState | undefined,
): Promise<void> {
  const { pointer } = stable.channel()
  const { channel: from, soak } = lead.channel().pointer ?? {}
  if (pointer === null || from === undefined) return
  if (soak === undefined)
    await lead.edit((tried) => ({ ...resigned(tried, identity, now()), soak: newSoak(now()) }))
  const { promoted } = pointer
  if (promoted?.from === from) return
  await lead.remember(state)
  const adopted = { layout: promoted?.layout ?? pointer.layout.sha256, ...byUs(now()), from }
  await stable.edit((kept) => repromoted(kept, adopted, null, now()))
}

function byUs(now: number): Pick<Promoted, 'at' | 'by'> {
  return { at: new Date(now).toISOString(), by: 'quayside' }
}

/** Judges a layout on trial, with a look at the reports every so often. What can't be read delays a promotion, and nothing else. */
function createJudge(
  { releases, now, log }: Deps,
  { settings, readReports, reportsEveryMs = 30_000 }: CanaryDeps,
): (tried: Pointer, kept: Pointer) => Promise<SoakStep> {
  const onlyAdds = createOnlyAdds(releases)
  let nextAt = 0

  async function judge(tried: Pointer, kept: Pointer): Promise<SoakStep> {
    if (settings.addsOnly && (await onlyAdds(kept.promoted?.layout ?? '', tried.layout.sha256)))
      return { kind: 'promote', why: 'it only adds routes' }
    // Never further away than from one reading to the next, also where the clock was set back.
    nextAt = Math.min(nextAt, now() + reportsEveryMs)
    if (nextAt > now()) return { kind: 'wait', why: 'reports were read a moment ago', until: nextAt }
    nextAt = now() + reportsEveryMs
    const reports = await readReports(Date.parse(tried.soak?.since ?? tried.created))
    return judgeSoak(tried, reports, settings, now())
  }

  return async (tried, kept) => {
    try {
      const step = await judge(tried, kept)
      return step.kind === 'wait' ? { ...step, until: nextAt } : step
    } catch (error) {
      nextAt = now() + reportsEveryMs
      const why = explain(error)
      log.warn('canary-unread', { layout: tried.layout.sha256, error: why })
      return { kind: 'wait', why, until: nextAt }
    }
  }
}
