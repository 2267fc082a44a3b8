import type { PublisherState } from '../../core/publish/state.ts'
import type { Channel } from './channel.ts'
import { createComposer } from './composer.ts'
import { createOperatorPlanner } from './operator-plan.ts'
import type { Plan, PlanDeps, Seen } from './plan.ts'

/**
 * Plans the channel that follows a canary: the same look at the catalog, with the layout that was promoted. What its templates read is
 * remembered along with what the canary's read. Before anything was published there it gets the newest layout.
 */
export function createStablePlanner(
  deps: PlanDeps,
): (seen: Seen, newest: Plan, templates: PublisherState['templates'], channel: Channel) => Plan {
  const composer = createComposer(deps.renderUpstreams)
  const operators = createOperatorPlanner({
    templates: deps.operatorTemplates,
    datacenter: deps.judge.datacenter,
    datacenters: deps.datacenters,
  })

  return (seen, newest, templates, channel) => {
    const { judged, look, built, state } = newest
    const kept = keeping(channel)
    const operator = operators({ ...seen, judged, look, remembered: templates, channel: kept })
    const composed = composer(kept, built, look, operator)
    const { remembered, lacks } = operator.outcome()
    const read = remembered.size === 0 ? state.templates : new Map([...remembered, ...state.templates])
    return { ...newest, composed, lacks, state: { ...state, templates: read } }
  }
}

/** Until a promotion is signed, as when a canary has just been set up, what is in force stays. */
function keeping(channel: Channel): Channel {
  const { pinned, layout, operatorFiles } = channel
  return pinned !== null || layout === null
    ? channel
    : { ...channel, pinned: layout, pinnedFiles: operatorFiles }
}
