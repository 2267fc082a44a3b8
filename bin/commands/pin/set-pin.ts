import type { Releases } from '../../../adapters/releases.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { type PinPlan, planFrozen, planPin, type Rotten, repinned } from '../../../core/publish/pinning.ts'
import type { Pin, Pointer } from '../../../core/release/channel.ts'
import type { Endpoints } from '../../../core/release/endpoints.ts'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import type { Opened } from '../../../functions/publish/channel.ts'
import { type Edit, editChannel } from '../edit-channel.ts'
import { findTarget, securedLayout, type Target } from './target.ts'

export type SetPin = {
  readonly releases: Releases
  readonly openSigner: Parameters<typeof editChannel>[0]['openSigner']
  readonly channel: string
  readonly pin: Omit<Pin, 'layout'>
  readonly target: string | null
  /** What no target means. */
  readonly fallback: 'in force' | 'previous'
  readonly urgent: boolean
  readonly now: () => number
  /** Whether these addresses may be frozen though nothing says that they are live. */
  readonly agree: (target: string, rotten: readonly Rotten[]) => Promise<boolean>
}

/** What setting a pin came to; `before` and `after` are null where it was declined. */
export type PinRecord = {
  readonly outcome: 'moved' | 'stays' | 'waits' | 'declined'
  readonly before: Opened
  readonly after: Pointer | null
  readonly layout: string
  readonly endpoints: Endpoints | null
  readonly notes: Pick<PinPlan, 'uncovered' | 'dark' | 'unrendered'>
  readonly rotten: readonly Rotten[]
}

/** Sets the pin, looking anew at what is in force whenever somebody else was faster. */
export async function setPin(setting: SetPin): Promise<PinRecord> {
  const { releases, channel, openSigner } = setting
  let last: Decided | null = null
  const edited = await editChannel({ releases, channel, openSigner }, async (opened) => {
    last = await decide(setting, opened)
    return last.edit
  })
  // The callback assigns it, which the compiler doesn't see.
  const decided = last as Decided | null
  if (decided === null) throw new Error('the channel was edited without a decision')
  return { ...decided.record, after: edited?.after ?? null }
}

type Decided = { readonly edit: Edit | null; readonly record: Omit<PinRecord, 'after'> }

async function decide(setting: SetPin, opened: Opened): Promise<Decided> {
  const { releases } = setting
  const target = await targetOf(setting, opened)
  return setting.pin.frozen
    ? decideFrozen(setting, opened, target)
    : decideLive(setting, opened, await securedLayout(releases, target.layout))
}

async function targetOf(
  { releases, channel, target, fallback }: SetPin,
  { pointer }: Opened,
): Promise<Target> {
  if (target !== null) return findTarget(releases, target, pointer.generation, channel)
  if (fallback === 'in force') return { layout: pointer.layout.sha256, publication: null }
  if (pointer.pin !== null)
    throw new QuaysideError(
      'RELEASE_INVALID',
      `The channel is pinned to ${pointer.pin.layout} already (${pointer.pin.reason}). Name the release to go back to (--to), or unpin.`,
    )
  if (pointer.previousLayout !== null) return { layout: pointer.previousLayout.sha256, publication: null }
  throw new QuaysideError('RELEASE_INVALID', 'There is no layout before the one in force to go back to.')
}

const nothing = { uncovered: [], dark: [], unrendered: [] }

function decideLive(
  { pin, urgent, now }: SetPin,
  opened: Opened,
  target: Awaited<ReturnType<typeof securedLayout>>,
): Decided {
  const { move, ...notes } = planPin(opened, target, urgent, renderUpstreams)
  const content = move.kind === 'move' ? move.content : null
  const pointer = repinned(opened.pointer, { ...pin, layout: target.ref.sha256 }, content, now())
  const outcomes = { move: 'moved', stay: 'stays', wait: 'waits' } as const
  const blobs = move.kind === 'move' ? move.blobs : []
  const endpoints = blobs[0] === undefined ? opened.endpoints : parseEndpoints(blobs[0])
  const common = { before: opened, layout: target.ref.sha256, endpoints, rotten: [] }
  return { edit: { pointer, blobs }, record: { outcome: outcomes[move.kind], notes, ...common } }
}

async function decideFrozen(setting: SetPin, opened: Opened, target: Target): Promise<Decided> {
  const { pointer } = opened
  const { publication } = target
  const earlier = publication?.endpoints ?? null
  const isInForce =
    target.layout === pointer.layout.sha256 && (earlier === null || earlier === pointer.endpoints.sha256)
  const common = { before: opened, layout: target.layout, notes: nothing }
  const pin = { ...setting.pin, layout: target.layout }
  if (isInForce) {
    const edit = { pointer: repinned(pointer, pin, null, setting.now()), blobs: [] }
    return { edit, record: { outcome: 'stays', endpoints: opened.endpoints, rotten: [], ...common } }
  }
  if (earlier === null) throw unfreezable(`no publication says which endpoints layout ${target.layout} had`)
  const stored = await securedLayout(setting.releases, target.layout)
  if (stored.layout.volatile.length > 0)
    throw unfreezable(
      `layout ${target.layout} has files of operators' templates, whose bytes of then aren't known`,
    )
  const endpoints = parseEndpoints(await setting.releases.readBlob(earlier))
  const plan = planFrozen(opened, stored, endpoints, [], renderUpstreams)
  const record = { endpoints, rotten: plan.rotten, ...common }
  if (!(await setting.agree(target.layout, plan.rotten)))
    return { edit: null, record: { outcome: 'declined', ...record } }
  const edit = { pointer: repinned(pointer, pin, plan.content, setting.now()), blobs: plan.blobs }
  return { edit, record: { outcome: 'moved', ...record } }
}

function unfreezable(why: string): QuaysideError {
  return new QuaysideError(
    'RELEASE_INVALID',
    `This release can't be frozen: ${why}. Name a generation, or pin without --frozen.`,
  )
}
