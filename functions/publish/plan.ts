import { type JudgedService, type JudgeSettings, judgeService } from '../../core/catalog/judge.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { explain } from '../../core/errors.ts'
import type { Evidence } from '../../core/guard/evidence.ts'
import {
  type Composed,
  compose,
  type RenderUpstreams,
  type StoredLayout,
  storedOnce,
} from '../../core/publish/compose.ts'
import { type Look, type LookSettings, lookAt } from '../../core/publish/look.ts'
import { createLookMemo } from '../../core/publish/look-memo.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { RouteMemory } from '../../core/route/memory.ts'
import { visible } from '../../core/route/problem.ts'
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
  const composer = createComposer(deps.renderUpstreams)

  function judge(snapshot: ServiceSnapshot): JudgedService {
    const judged = judgements.get(snapshot) ?? judgeService(snapshot, deps.judge)
    judgements.set(snapshot, judged)
    return judged
  }

  return ({ services, followed, evidence, now }, state, channel) => {
    const snapshots = [...services].filter(([source]) => followed.has(source))
    const judged = new Map(snapshots.map(([source, snapshot]) => [source, judge(snapshot)]))
    const look = lookAt(judged, followed, state.guard, evidence, deps.look, now, looks)
    const read = snapshots.map(([, snapshot]) => snapshot)
    const built = tryBuild(deps, { services: read, memory: state.routing, live: look.live, now })
    return {
      look,
      state: { schema: 1, guard: look.memory, routing: built.memory },
      composed: composer(channel, built, look),
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
    return { stored: storedOnce(layout), ...rest }
  } catch (error) {
    const problem = `No new layout can be made; the one in force stays: ${explain(error)}`
    return { stored: null, files: [], memory: input.memory, problems: [problem] }
  }
}

/** Composes what a channel shall hold; the same parts give the same object. */
function createComposer(renderUpstreams: RenderUpstreams) {
  let last: { readonly parts: readonly unknown[]; readonly composed: Composed } | null = null

  return (channel: Channel, built: Built, { servers }: Look): Composed | null => {
    if (channel.pointer?.pin?.frozen === true) return null
    const layout = channel.pinned ?? built.stored ?? channel.layout
    if (layout === null) return null
    const changed = channel.layout !== null && channel.layout.ref.sha256 !== layout.ref.sha256
    const previous = changed ? channel.layout : channel.previousLayout
    const files = layout === built.stored ? built.files : []
    const parts = [layout, previous, files, servers]
    const isSame = last?.parts.every((part, at) => part === parts[at]) === true
    const composed =
      last !== null && isSame ? last.composed : compose(layout, files, previous, servers, renderUpstreams)
    last = { parts, composed }
    return composed
  }
}

function explainJudgement({ service, instance, problem }: Look['problems'][number]): string {
  return visible(`${service}: instance ${instance}: ${problem}; left out`)
}
