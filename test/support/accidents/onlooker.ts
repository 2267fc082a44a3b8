import type { Evidence } from '../../../core/guard/evidence.ts'
import type { Composed } from '../../../core/publish/compose.ts'
import { followedSources } from '../../../core/publish/followed.ts'
import { evidenceDue, type Look } from '../../../core/publish/look.ts'
import { endpointsText } from '../../../core/release/endpoint-lists.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { layoutBuilder } from '../../../functions/publish/build-layout.ts'
import { type Channel, nothingPublished } from '../../../functions/publish/channel.ts'
import { noOthers } from '../../../functions/publish/others.ts'
import { createPlanner, type Plan } from '../../../functions/publish/plan.ts'
import { cluster, prefix } from '../guard.ts'
import { defaultTemplates } from '../routes.ts'
import { storedAndRead } from '../state.ts'
import type { View } from './view.ts'

/** Whoever publishes, as far as it decides: it looks, asks the ledger, and publishes at once what came out. */
export type Onlooker = {
  /** Looks until nothing is left that could be asked now. */
  readonly look: (now: number) => Seen
  /** Another publisher takes over: it knows what was published, and what this one remembers. */
  readonly replace: () => void
}

export type Seen = {
  /** Addresses by service, as a host gets them; a service without a route has none. */
  readonly published: ReadonlyMap<string, readonly string[]>
  readonly look: Look
  /** Whether the ledger was read successfully during this look. */
  readonly asked: boolean
}

const following = { operatorSources: [], datacenters: ['dc1'] }

export function openOnlooker(view: View): Onlooker {
  let plan = newPlanner()
  let channel: Channel = nothingPublished
  let last: Plan | null = null
  let evidence: Evidence | null = null

  function once(now: number): Plan {
    const layouts = [channel.layout, channel.previousLayout, last?.newest ?? null]
    const inUse = layouts.flatMap((one) => (one === null ? [] : [one.layout]))
    const index = view.index()
    const indexes = new Map(index === null ? [] : [['dc1', index]])
    const followed = followedSources(indexes, inUse, following)
    const services = new Map(
      [...followed].flatMap((source) => {
        const snapshot = view.service(source.replace('@dc1', ''))
        return snapshot === undefined ? [] : [[source, snapshot] as const]
      }),
    )
    last = plan(
      { services, followed, indexes, others: noOthers, evidence, now },
      last?.state ?? channel.state,
      channel,
    )
    const { composed, state } = last
    if (composed === null || isPublished(composed)) return last
    const { layout, previousLayout, endpoints } = composed
    // A state is kept with what is published, and so not before something else is to be published.
    channel = { ...channel, layout, previousLayout, endpoints, composed, state }
    return last
  }

  function isPublished({ layout, endpoints }: Composed): boolean {
    const { layout: before, endpoints: told } = channel
    if (before === null || told === null) return false
    return before.ref.sha256 === layout.ref.sha256 && endpointsText(told) === endpointsText(endpoints)
  }

  function look(now: number): Seen {
    view.refresh()
    let asked = false
    for (let rounds = 0; rounds < 5; rounds += 1) {
      const { look: seen } = once(now)
      const due = evidenceDue(seen.questions, evidence, now)
      const keys = seen.questions.flatMap(({ ledger }) => (ledger === null ? [] : [ledger]))
      const read = due !== null && due <= now ? tryRead(view, keys, now) : null
      // The second look is for services that the first one made known.
      if (read === null && rounds > 0) break
      evidence = read ?? evidence
      asked ||= read !== null
    }
    if (last === null) throw new Error('nothing was looked at')
    return { published: publishedBy(channel), look: last.look, asked }
  }

  function replace(): void {
    plan = newPlanner()
    const state = storedAndRead(last?.state ?? channel.state)
    channel = { ...channel, composed: null, state }
    last = null
    evidence = null
    view.forget()
  }

  return { look, replace }
}

function newPlanner() {
  return createPlanner({
    judge: {
      ...{ deployment: 'test', homes: [cluster], datacenter: 'dc1', prefix },
      networks: ['10.0.0.0/8'],
    },
    look: { prefix, clusters: [cluster], guard: defaultPublishSettings.guard },
    buildLayout: layoutBuilder(
      defaultPublishSettings,
      { datacenter: 'dc1', deployment: 'test' },
      defaultTemplates,
    ),
    operatorTemplates: {},
    datacenters: ['dc1'],
    renderUpstreams,
  })
}

function tryRead(view: View, keys: readonly string[], now: number): Evidence | null {
  try {
    return view.evidence(keys, now)
  } catch {
    return null
  }
}

function publishedBy({ layout, endpoints }: Channel): ReadonlyMap<string, readonly string[]> {
  const routed = new Set(
    layout?.layout.upstreams.flatMap(({ sources }) => sources.map(({ source }) => source)),
  )
  const sources = Object.entries(endpoints?.sources ?? {}).filter(([source]) => routed.has(source))
  return new Map(
    sources.map(([source, servers]) => [source.replace('@dc1', ''), servers.map(({ address }) => address)]),
  )
}
