import { judgeService } from '../../../core/catalog/judge.ts'
import { parseHealth } from '../../../core/catalog/parse-health.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { lookAt } from '../../../core/publish/look.ts'
import { createLookMemo } from '../../../core/publish/look-memo.ts'
import { emptyState, type PublisherState } from '../../../core/publish/state.ts'
import { sourceKey } from '../../../core/release/endpoints.ts'
import type { NginxContext } from '../../../core/release/layout.ts'
import { createPieceMemo } from '../../../core/render/check-pieces.ts'
import { checkStructure } from '../../../core/render/check-structure.ts'
import { type RenderedLayout, renderLayout } from '../../../core/render/layout.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { type BuiltModel, buildModel } from '../../../core/route/build-model.ts'
import { createRouteMemo } from '../../../core/route/memo.ts'
import type { PublishSettings } from '../../../core/settings/settings.ts'
import { defaultTemplates, noon } from '../routes.ts'
import type { RawService } from './raw-catalog.ts'

export type Rendered = Omit<BuiltModel, 'memory'> & {
  /** What the publisher carries to the next look at the catalog. */
  readonly next: PublisherState
  readonly layout: RenderedLayout['layout']
  /** Everything that a host includes, layout and upstreams, by context. */
  readonly texts: Texts
  /** The same where nginx ≥ 1.29.6 lets upstreams be sticky by itself. */
  readonly newestTexts: () => Texts
}

type Texts = Readonly<Record<NginxContext, string>>

/** A publisher that goes the whole way from Consul's answers to nginx's configuration, self-check included. */
export type Chain = (catalog: readonly RawService[], state?: PublisherState) => Rendered

const home = { account: '111122223333', region: 'eu-west-1' }

/** One that runs for long: it remembers what it made before. */
export function createChain(settings: PublishSettings): Chain {
  const memos = { looks: createLookMemo(), routes: createRouteMemo(), pieces: createPieceMemo() }
  const judging = {
    datacenter: 'dc1',
    deployment: 'test',
    homes: [home],
    prefix: 'quayside',
    networks: settings.networks,
  }
  const clusters = [{ ...home, cluster: 'main' }]
  const looking = { prefix: 'quayside', clusters, guard: settings.guard }
  return (catalog, state = emptyState) => {
    const snapshots = catalog.flatMap(readService)
    const judged = snapshots.map((one) => [sourceKey(one.name, 'dc1'), judgeService(one, judging)] as const)
    const followed = new Set(catalog.map(({ name }) => sourceKey(name, 'dc1')))
    const look = lookAt(new Map(judged), followed, state.guard, null, looking, noon, memos.looks)
    const input = { services: snapshots, datacenter: 'dc1', settings, deployment: 'test' }
    const { memory, ...built } = buildModel(
      { ...input, memory: state.routing, live: look.live, now: noon },
      memos.routes,
    )
    const { layout, files } = renderLayout(built.model, defaultTemplates, memos.pieces)
    const endpoints = { schema: 1 as const, sources: Object.fromEntries(look.servers) }
    const textsFor = (sticky: boolean): Texts => {
      const { http, stream } = renderUpstreams(layout.upstreams, endpoints, { mode: 'static', sticky })
      const all = [
        ...files,
        { path: 'upstreams.http.conf', context: 'http' as const, content: http },
        { path: 'upstreams.stream.conf', context: 'stream' as const, content: stream },
      ]
      checkStructure(all, built.model)
      const textOf = (context: NginxContext) =>
        all.flatMap((file) => (file.context === context ? [file.content] : [])).join('\n')
      return { http: textOf('http'), stream: textOf('stream') }
    }
    const next: PublisherState = { ...emptyState, guard: look.memory, routing: memory }
    return { ...built, next, layout, texts: textsFor(false), newestTexts: () => textsFor(true) }
  }
}

/** One that has just started, with what an earlier one left. */
export function renderCatalog(
  catalog: readonly RawService[],
  settings: PublishSettings,
  state?: PublisherState,
): Rendered {
  return createChain(settings)(catalog, state)
}

/** Over the wire everything is JSON. An answer that isn't Consul's is a failed read: nothing is known of that service. */
function readService({ name, entries }: RawService): readonly ServiceSnapshot[] {
  try {
    return [parseHealth(JSON.parse(JSON.stringify(entries)), name, 'dc1')]
  } catch (error) {
    if (error instanceof QuaysideError && error.code === 'CONSUL_REFUSED') return []
    throw error
  }
}
