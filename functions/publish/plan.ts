import { type JudgedService, type JudgeSettings, judgeService } from '../../core/catalog/judge.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { explain } from '../../core/errors.ts'
import type { Evidence } from '../../core/guard/evidence.ts'
import {
  type Composed,
  type RenderUpstreams,
  type StoredLayout,
  storedOnce,
} from '../../core/publish/compose.ts'
import type { ServiceIndexes } from '../../core/publish/followed.ts'
import { type Look, type LookSettings, lookAt } from '../../core/publish/look.ts'
import { createLookMemo } from '../../core/publish/look-memo.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { RouteMemory } from '../../core/route/memory.ts'
import { visible } from '../../core/route/problem.ts'
import type { Live } from '../../core/route/tenure.ts'
import type { OwnServers } from '../../core/template/check-together.ts'
import type { TemplateData } from '../../core/template/data.ts'
import type { Need } from '../../core/template/need.ts'
import type { Channel } from './channel.ts'
import { type Built, createComposer } from './composer.ts'
import { createOperatorPlanner, type OperatorPlan } from './operator-plan.ts'
import { createSurveyor } from './survey.ts'

/** Makes a layout of what services state. Throws RENDER_REFUSED or TEMPLATE_FAILED where it can't. */
export type BuildLayout = (input: {
  readonly services: readonly ServiceSnapshot[]
  readonly memory: RouteMemory
  readonly live: Live
  readonly now: number
}) => {
  readonly layout: Layout
  /** The contents of the layout's files. */
  readonly files: readonly string[]
  /** Which servers they have; the same lists as before where nothing differs. */
  readonly servers: OwnServers
  readonly memory: RouteMemory
  /** One sentence each. */
  readonly problems: readonly string[]
}

export type PlanDeps = {
  readonly judge: JudgeSettings
  readonly look: LookSettings
  readonly buildLayout: BuildLayout
  /** By their names; those that end in `.http` or `.stream` make files. */
  readonly operatorTemplates: Readonly<Record<string, string>>
  readonly datacenters: readonly string[]
  readonly renderUpstreams: RenderUpstreams
}

/** What should be published now, and all that must be remembered for the next plan. */
export type Plan = {
  readonly look: Look
  readonly state: PublisherState
  readonly judged: ReadonlyMap<SourceKey, JudgedService>
  readonly built: Built
  /** null where nothing new may be published: the bytes are pinned, or no layout was ever made. */
  readonly composed: Composed | null
  /** The layout that would be in force without a pin. */
  readonly newest: StoredLayout | null
  readonly problems: readonly string[]
  /** What operators' templates read. */
  readonly needs: readonly Need[]
  /** Whether a file of theirs that isn't in force waits for data to be read. */
  readonly lacks: boolean
}

export type Seen = {
  readonly services: ReadonlyMap<SourceKey, ServiceSnapshot>
  readonly followed: ReadonlySet<SourceKey>
  readonly indexes: ServiceIndexes
  /** What else templates may read; the same objects as long as nothing differs. */
  readonly others: Pick<TemplateData, 'key' | 'folder' | 'nodes' | 'node'>
  readonly evidence: Evidence | null
  readonly now: number
}

/** Plans by pure functions alone; it remembers judgements by snapshot, since most services don't change between two plans. */
export function createPlanner(deps: PlanDeps): (seen: Seen, state: PublisherState, channel: Channel) => Plan {
  const survey = createSurveyor((snapshot) => judgeService(snapshot, deps.judge))
  const looks = createLookMemo()
  const composer = createComposer(deps.renderUpstreams)
  const operators = createOperatorPlanner({
    templates: deps.operatorTemplates,
    datacenter: deps.judge.datacenter,
    datacenters: deps.datacenters,
  })

  return (seen, state, channel) => {
    const { services, followed, evidence, now } = seen
    const { snapshots: read, judged, changed } = survey(services, followed)
    const look = lookAt(judged, followed, state.guard, evidence, deps.look, now, looks, changed)
    const operator = operators({ ...seen, judged, look, remembered: state.templates, channel })
    const built = tryBuild(deps, { services: read, memory: state.routing, live: look.live, now }, operator)
    const composed = composer(channel, built, look, operator)
    const { remembered, problems, needs, lacks } = operator.outcome()
    return {
      look,
      state: { schema: 1, guard: look.memory, routing: built.memory, templates: remembered },
      ...{ judged, built, composed },
      newest: built.stored,
      problems: [...built.problems, ...look.problems.map(explainJudgement), ...problems],
      needs,
      lacks,
    }
  }
}

/** A layout that can't be made keeps the one in force: settings wait, while endpoints go on following the catalog. */
function tryBuild(deps: PlanDeps, input: Parameters<BuildLayout>[0], operator: OperatorPlan): Built {
  try {
    const { layout: own, servers, ...rest } = deps.buildLayout(input)
    const { layout, files: operatorFiles } = operator.join(own, servers)
    return { stored: storedOnce(layout), operatorFiles, ...rest }
  } catch (error) {
    const problem = `No new layout can be made; the one in force stays: ${explain(error)}`
    return { stored: null, files: [], operatorFiles: [], memory: input.memory, problems: [problem] }
  }
}

function explainJudgement({ service, instance, problem }: Look['problems'][number]): string {
  return visible(`${service}: instance ${instance}: ${problem}; left out`)
}
