import { type JudgedService, type JudgeSettings, judgeService } from '../../core/catalog/judge.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { explain } from '../../core/errors.ts'
import type { Evidence } from '../../core/guard/evidence.ts'
import {
  type Composed,
  compose,
  type RenderUpstreams,
  type StoredLayout,
  storedLayout,
} from '../../core/publish/compose.ts'
import { type Look, type LookSettings, lookAt } from '../../core/publish/look.ts'
import { createLookMemo } from '../../core/publish/look-memo.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { RouteMemory } from '../../core/route/memory.ts'
import type { Channel } from './channel.ts'

/** Makes a layout of what services state. Throws RENDER_REFUSED or TEMPLATE_FAILED where it can't. */
export type BuildLayout = (input: {
  readonly services: readonly ServiceSnapshot[]
  readonly memory: RouteMemory
  readonly live: ReadonlySet<SourceKey>
  readonly now: number
}) => {
  readonly layout: Layout
  /** The contents of the layout's files. */
  readonly files: readonly string[]
  readonly memory: RouteMemory
  /** One sentence each. */
  readonly problems: readonly string[]
}

export type PlanDeps = {
  readonly judge: JudgeSettings
  readonly look: LookSettings
  readonly buildLayout: BuildLayout
  readonly renderUpstreams: RenderUpstreams
}

/** What should be published now, and all that must be remembered for the next plan. */
export type Plan = {
  readonly look: Look
  readonly state: PublisherState
  /** null where nothing new may be published: the bytes are pinned, or no layout was ever made. */
  readonly composed: Composed | null
  /** The layout that would be in force without a pin. */
  readonly newest: StoredLayout | null
  readonly problems: readonly string[]
}

export type Seen = {
  readonly services: ReadonlyMap<SourceKey, ServiceSnapshot>
  readonly followed: ReadonlySet<SourceKey>
  readonly evidence: Evidence | null
  readonly now: number
}

/** Plans by pure functions alone; it remembers judgements by snapshot, since most services don't change between two plans. */
export function createPlanner(deps: PlanDeps): (seen: Seen, state: PublisherState, channel: Channel) => Plan {
  const judgements = new WeakMap<ServiceSnapshot, JudgedService>()
  const looks = createLookMemo()

  function judge(snapshot: ServiceSnapshot): JudgedService {
    const judged = judgements.get(snapshot) ?? judgeService(snapshot, deps.judge)
    judgements.set(snapshot, judged)
    return judged
  }

  return ({ services, followed, evidence, now }, state, channel) => {
    const snapshots = [...services].flatMap(([source, snapshot]) => (followed.has(source) ? [snapshot] : []))
    const look = lookAt(snapshots.map(judge), followed, state.guard, evidence, deps.look, now, looks)
    const built = tryBuild(deps, { services: snapshots, memory: state.routing, live: look.live, now })
    const composed = composeFor(channel, built, look, deps.renderUpstreams)
    return {
      look,
      state: { schema: 1, guard: look.memory, routing: built.memory },
      composed,
      newest: built.stored,
      problems: [...built.problems, ...look.problems.map(explainJudgement)],
    }
  }
}

type Built = {
  readonly stored: StoredLayout | null
  readonly files: readonly string[]
  readonly memory: RouteMemory
  readonly problems: readonly string[]
}

/** A layout that can't be made keeps the one in force: settings wait, while endpoints go on following the catalog. */
function tryBuild(deps: PlanDeps, input: Parameters<BuildLayout>[0]): Built {
  try {
    const { layout, ...rest } = deps.buildLayout(input)
    return { stored: storedLayout(layout), ...rest }
  } catch (error) {
    const problem = `No new layout can be made; the one in force stays: ${explain(error)}`
    return { stored: null, files: [], memory: input.memory, problems: [problem] }
  }
}

function composeFor(
  channel: Channel,
  built: Built,
  look: Look,
  renderUpstreams: RenderUpstreams,
): Composed | null {
  if (channel.pointer?.pin?.frozen === true) return null
  const layout = channel.pinned ?? built.stored ?? channel.layout
  if (layout === null) return null
  const changed = channel.layout !== null && channel.layout.ref.sha256 !== layout.ref.sha256
  const previous = changed ? channel.layout : channel.previousLayout
  const files = layout === built.stored ? built.files : []
  return compose(layout, files, previous, look.servers, renderUpstreams)
}

function explainJudgement({ service, instance, problem }: Look['problems'][number]): string {
  return `${service}: instance ${instance}: ${problem}; left out`
}
