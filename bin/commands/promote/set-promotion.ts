import type { Releases } from '../../../adapters/releases.ts'
import { QuaysideError } from '../../../core/errors.ts'
import type { StoredLayout } from '../../../core/publish/compose.ts'
import { planPin } from '../../../core/publish/pinning.ts'
import { diffPlan, isChange, type ServicePlan } from '../../../core/publish/plan-diff.ts'
import { repromoted } from '../../../core/publish/promotion.ts'
import { routesIn } from '../../../core/publish/written-routes.ts'
import type { Pointer, Promoted } from '../../../core/release/channel.ts'
import type { Endpoints } from '../../../core/release/endpoints.ts'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import type { Opened } from '../../../functions/publish/channel.ts'
import { type Edit, editChannel, openVerified } from '../edit-channel.ts'
import { findTarget, securedLayout } from '../pin/target.ts'
import { readFiles } from '../read-files.ts'

export type SetPromotion = {
  readonly releases: Releases
  readonly openSigner: Parameters<typeof editChannel>[0]['openSigner']
  readonly channel: string
  /** Null: what the canary channel has. */
  readonly target: string | null
  readonly by: string
  readonly now: () => number
  readonly agree: (offer: Offer) => Promise<boolean>
}

/** What a person is asked about. */
export type Offer = {
  readonly layout: string
  readonly canary: Pointer
  readonly changes: readonly ServicePlan[]
}

/** `waits`: only the publisher can put it together, and does so when it sees the promotion. */
export type PromotionRecord = {
  readonly outcome: 'promoted' | 'waits' | 'nothing' | 'declined'
  readonly layout: string
  readonly before: Opened
  readonly after: Pointer | null
  readonly endpoints: Endpoints
}

/** Promotes by compare-and-set, looking anew at both channels whenever somebody else was faster. */
export async function setPromotion(setting: SetPromotion): Promise<PromotionRecord> {
  let last: Decided | null = null
  const edited = await editChannel(setting, async (opened) => {
    last = await decide(setting, opened)
    return last.edit
  })
  // The callback assigns it, which the compiler doesn't see.
  const decided = last as Decided | null
  if (decided === null) throw new Error('the channel was edited without a decision')
  return { ...decided.record, after: edited?.after ?? null }
}

type Decided = { readonly edit: Edit | null; readonly record: Omit<PromotionRecord, 'after'> }

async function decide(setting: SetPromotion, opened: Opened): Promise<Decided> {
  const { releases, target, by, now } = setting
  const { from, layout: kept } = promotableOf(opened.pointer)
  const { opened: canary } = await openVerified({ ...setting, channel: from })
  const newest = Math.max(opened.pointer.generation, canary.pointer.generation)
  const layout =
    target === null ? canary.pointer.layout.sha256 : (await findTarget(releases, target, newest, from)).layout
  const record = { layout, before: opened, endpoints: opened.endpoints }
  if (layout === kept) return { edit: null, record: { ...record, outcome: 'nothing' } }
  const stored = await securedLayout(releases, layout)
  const changes = await changesOf(releases, opened, canary, stored)
  if (!(await setting.agree({ layout, canary: canary.pointer, changes })))
    return { edit: null, record: { ...record, outcome: 'declined' } }
  // Both follow the same tasks, and the canary's endpoints cover the services that only its layout has.
  const sources = { ...canary.endpoints.sources, ...opened.endpoints.sources }
  const endpoints: Endpoints = { schema: 1, sources }
  const { move } = planPin({ ...opened, endpoints }, stored, false, renderUpstreams)
  const [content, blobs] = move.kind === 'move' ? [move.content, move.blobs] : [null, []]
  const promoted: Promoted = { layout, at: new Date(now()).toISOString(), by, from }
  const pointer = repromoted(opened.pointer, promoted, content, now())
  const outcome = move.kind === 'wait' ? 'waits' : 'promoted'
  const composed = blobs[0] === undefined ? opened.endpoints : parseEndpoints(blobs[0])
  return { edit: { pointer, blobs }, record: { ...record, outcome, endpoints: composed } }
}

/** Throws RELEASE_INVALID where the channel follows no canary, or is pinned. */
function promotableOf({ channel, promoted, pin }: Pointer): Promoted {
  if (promoted === undefined)
    throw new QuaysideError(
      'RELEASE_INVALID',
      `Channel ${channel} follows no canary: it always has the newest layout. Set publish.canary, and deploy.`,
    )
  if (pin === null) return promoted
  throw new QuaysideError(
    'RELEASE_INVALID',
    `Channel ${channel} is pinned to ${pin.layout} (${pin.reason}), so nothing is promoted to it. quayside unpin takes the pin away.`,
  )
}

/** What becomes of routes; addresses stay what they are. */
async function changesOf(
  releases: Releases,
  { layout, endpoints }: Opened,
  { state }: Opened,
  target: StoredLayout,
): Promise<readonly ServicePlan[]> {
  const sideOf = async ({ layout: one }: StoredLayout) => {
    const routes = routesIn(await readFiles(releases, one), one)
    return { routes, layout: one, endpoints, routing: state.routing }
  }
  const [before, after] = await Promise.all([sideOf(layout), sideOf(target)])
  const changes = diffPlan(before, after, { left: [], holds: [] }, []).filter(isChange)
  // Both layouts were made from labels of other times, so what is remembered now doesn't tell why they differ.
  return changes.map((one) => ({ ...one, reasons: [] }))
}
