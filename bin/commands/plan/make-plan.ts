import type { Releases } from '../../../adapters/releases.ts'
import { sha256 } from '../../../core/canonical.ts'
import type { Composed, StoredLayout } from '../../../core/publish/compose.ts'
import { diffPlan, type ServicePlan, type Side } from '../../../core/publish/plan-diff.ts'
import type { emptyState } from '../../../core/publish/state.ts'
import { type ConfigFile, routesIn } from '../../../core/publish/written-routes.ts'
import type { Layout } from '../../../core/release/layout.ts'
import { sortedNeeds } from '../../../core/template/need.ts'
import type { OperatorFile } from '../../../core/template/operator-files.ts'
import { layoutNeeds } from '../../../core/template/release-parts.ts'
import { type Channel, viewChannel } from '../../../functions/publish/channel.ts'
import type { PublishDeps } from '../../../functions/publish/handler.ts'
import type { SeenCatalog } from '../../../functions/publish/keeper.ts'
import { createPlanner, type Plan } from '../../../functions/publish/plan.ts'
import { readFiles } from '../read-files.ts'
import { readOnce } from './read-once.ts'

/** What is in force, what would be, and how they differ. */
export type MadePlan = {
  readonly channel: Channel
  /** null where the bytes are pinned, or no layout can be made. */
  readonly composed: Composed | null
  /** The layout that would be in force without a pin. */
  readonly newest: StoredLayout | null
  readonly services: readonly ServicePlan[]
  readonly files: { readonly before: readonly ConfigFile[]; readonly after: readonly ConfigFile[] }
}

type Deps = Omit<PublishDeps, 'releases'> & { readonly releases: Releases }

/** Plans as the leading publisher would after a cold start, and writes nothing. */
export async function makePlan(deps: Deps): Promise<MadePlan> {
  const channel = await viewChannel(deps)
  const { layout, previousLayout, pinned, state } = channel
  const inUse = [layout, previousLayout, pinned].flatMap((one) => (one === null ? [] : [one.layout]))
  const plan = createPlanner(deps)
  const planOn = (seen: SeenCatalog) => plan({ ...seen, evidence: null, now: deps.now() }, state, channel)
  const { catalog, first } = await settle(deps, inUse, planOn)
  const last = await withEvidence(deps, first, (evidence) =>
    plan({ ...catalog, evidence, now: deps.now() }, first.state, channel),
  )
  const { composed, newest, problems, look } = last
  const before = layout === null ? [] : await readFiles(deps.releases, layout.layout)
  const after = composed === null ? before : await filesOf(deps.releases, composed)
  const old: Side = sideOf(before, layout?.layout, channel.endpoints, state)
  const now: Side =
    composed === null ? old : sideOf(after, composed.layout.layout, composed.endpoints, last.state)
  const left = [...first.look.left, ...look.left]
  const services = diffPlan(old, now, { left, holds: look.holds }, problems)
  const files = {
    before: [...before, ...volatileOf(channel.operatorFiles, channel.contents)],
    after: [...after, ...volatileOf(composed?.operatorFiles ?? channel.operatorFiles, channel.contents)],
  }
  return { channel, composed, newest, services, files }
}

const mostPasses = 5

/** What templates read follows from what they were given, so that one look may not do. */
async function settle(deps: Deps, layouts: readonly Layout[], plan: (seen: SeenCatalog) => Plan) {
  const watch = await deps.openWatch()
  let needs = layoutNeeds(layouts)
  for (let pass = 1; ; pass += 1) {
    const catalog = await readOnce(deps, watch, layouts, needs)
    const first = plan(catalog)
    const all = sortedNeeds([...needs, ...first.needs])
    if (all.length === needs.length || pass === mostPasses) return { catalog, first }
    needs = all
  }
}

/** Doubts are put to the ledger, as the publisher does at once. */
async function withEvidence(
  deps: Deps,
  first: Plan,
  again: (evidence: Awaited<ReturnType<Deps['readEvidence']>>) => Plan,
): Promise<Plan> {
  const { questions } = first.look
  if (questions.length === 0) return first
  const keys = new Set(questions.flatMap(({ ledger }) => (ledger === null ? [] : [ledger])))
  return again(await deps.readEvidence([...keys]))
}

const noLayout: Pick<Layout, 'upstreams'> = { upstreams: [] }

function sideOf(
  files: readonly ConfigFile[],
  layout: Pick<Layout, 'upstreams'> = noLayout,
  endpoints: Channel['endpoints'],
  { routing }: Pick<typeof emptyState, 'routing'>,
): Side {
  return {
    routes: routesIn(files, layout),
    layout,
    endpoints: endpoints ?? { schema: 1, sources: {} },
    routing,
  }
}

/** Files of operators' templates that the layout names without their bytes. */
function volatileOf(
  files: readonly OperatorFile[],
  contents: ReadonlyMap<string, string>,
): readonly ConfigFile[] {
  return files.flatMap(({ path, context, ref, volatile, blobs }) => {
    const content = blobs[0] ?? contents.get(ref?.sha256 ?? '')
    return volatile === null || content === undefined ? [] : [{ path, context, content }]
  })
}

/** The files of a layout that may not be stored yet: what is new is among what would be put. */
async function filesOf(releases: Releases, { layout, blobs }: Composed): Promise<readonly ConfigFile[]> {
  const contents = new Map(blobs.map((content) => [sha256(content), content]))
  const readBlob = async (digest: string) => contents.get(digest) ?? releases.readBlob(digest)
  return readFiles({ readBlob }, layout.layout)
}
