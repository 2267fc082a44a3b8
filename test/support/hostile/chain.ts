import { judgeService } from '../../../core/catalog/judge.ts'
import { parseHealth } from '../../../core/catalog/parse-health.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { emptyGuardMemory, type GuardMemory } from '../../../core/guard/memory.ts'
import { lookAt } from '../../../core/publish/look.ts'
import { sourceKey } from '../../../core/release/endpoints.ts'
import type { NginxContext } from '../../../core/release/layout.ts'
import { checkStructure } from '../../../core/render/check-structure.ts'
import { type RenderedLayout, renderLayout } from '../../../core/render/layout.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { type BuiltModel, buildModel } from '../../../core/route/build-model.ts'
import { emptyMemory, type RouteMemory } from '../../../core/route/memory.ts'
import type { PublishSettings } from '../../../core/settings/settings.ts'
import { defaultTemplates, noon } from '../routes.ts'
import type { RawService } from './raw-catalog.ts'

/** What a publisher carries from one look at the catalog to the next. */
export type ChainMemory = { readonly guard: GuardMemory; readonly routes: RouteMemory }

export const noMemory: ChainMemory = { guard: emptyGuardMemory, routes: emptyMemory }

export type Rendered = BuiltModel & {
  readonly next: ChainMemory
  readonly layout: RenderedLayout['layout']
  /** Everything that a host includes, layout and upstreams, by context. */
  readonly texts: Readonly<Record<NginxContext, string>>
}

const home = { account: '111122223333', region: 'eu-west-1' }

/** The whole way from Consul's answers to nginx's configuration, as the publisher goes it, self-check included. */
export function renderCatalog(
  catalog: readonly RawService[],
  settings: PublishSettings,
  memory: ChainMemory = noMemory,
): Rendered {
  const snapshots = catalog.flatMap(readService)
  const judging = { deployment: 'test', homes: [home], prefix: 'quayside', networks: settings.networks }
  const judged = snapshots.map((snapshot) => judgeService(snapshot, judging))
  const sources = catalog.map(({ name }) => sourceKey(name, 'dc1'))
  const clusters = [{ ...home, cluster: 'main' }]
  const looking = { prefix: 'quayside', clusters, guard: settings.guard }
  const look = lookAt(judged, new Set(sources), memory.guard, null, looking, noon)
  const input = { services: snapshots, datacenter: 'dc1', settings, memory: memory.routes }
  const built = buildModel({ ...input, live: look.live, now: noon })
  const { layout, files } = renderLayout(built.model, defaultTemplates)
  const endpoints = { schema: 1 as const, sources: look.servers }
  const upstreams = renderUpstreams(layout.upstreams, endpoints, { mode: 'static' })
  const contexts = ['http', 'stream'] as const
  const rendered = contexts.map((context) => ({
    path: `upstreams.${context}.conf`,
    context,
    content: upstreams[context],
  }))
  checkStructure([...files, ...rendered], built.model)
  const textOf = (context: NginxContext) =>
    [...files, ...rendered].flatMap((file) => (file.context === context ? [file.content] : [])).join('\n')
  const next = { guard: look.memory, routes: built.memory }
  return { ...built, next, layout, texts: { http: textOf('http'), stream: textOf('stream') } }
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
