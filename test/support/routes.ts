import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeName } from '../../core/catalog/entry.ts'
import type { CatalogInstance, ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import type { Endpoints } from '../../core/release/endpoints.ts'
import { sourceKey } from '../../core/release/endpoints.ts'
import { renderLayout } from '../../core/render/layout.ts'
import type { Templates } from '../../core/render/templates.ts'
import { renderUpstreams, type UpstreamCapability } from '../../core/render/upstreams.ts'
import { type BuiltModel, buildModel, type ModelInput } from '../../core/route/build-model.ts'
import { emptyMemory } from '../../core/route/memory.ts'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import type { PublishSettings } from '../../core/settings/settings.ts'

const templateFolder = join(import.meta.dirname, '../../templates')

/** The default set, read once. */
export const defaultTemplates: Templates = Object.fromEntries(
  readdirSync(templateFolder)
    .filter((file) => file.endsWith('.hbs'))
    .map((file) => [file.slice(0, -'.hbs'.length), readFileSync(join(templateFolder, file), 'utf8')]),
)

export type ServiceOptions = {
  readonly tags?: readonly string[]
  readonly cluster?: string
  readonly revision?: number
  readonly instances?: number
}

/** A service of one cluster whose instances all state the same meta. */
export function routedService(
  name: string,
  meta: Readonly<Record<string, string>> = {},
  { tags = ['nginx'], cluster = 'main', revision = 1, instances = 1 }: ServiceOptions = {},
): ServiceSnapshot {
  const key = { account: '111122223333', region: 'eu-west-1', cluster }
  const ours = { 'managed-by': 'quayside', registrar: 'test', ...key, revision: String(revision) }
  const make = (at: number): CatalogInstance => ({
    ...{ datacenter: 'dc1', node: nodeName(key), id: `${name}-${revision}-${at}`, service: name },
    ...{
      address: `10.0.0.${at + 1}`,
      port: 8000,
      tags,
      meta: { ...ours, 'task-id': `task${at}`, ...meta },
      weight: 1,
      checks: [],
    },
  })
  return { name, datacenter: 'dc1', instances: Array.from({ length: instances }, (_, at) => make(at)) }
}

/** The same service with the instances of both: what the catalog shows during a deployment. */
export function together(a: ServiceSnapshot, b: ServiceSnapshot): ServiceSnapshot {
  return { ...a, instances: [...a.instances, ...b.instances] }
}

export function publishSettings(over: Partial<PublishSettings> = {}): PublishSettings {
  return { ...defaultPublishSettings, ...over }
}

export const noon = Date.UTC(2026, 10, 20, 12)
export const hour = 3_600_000

/** Builds the model with every service of `services` live, unless `over` says otherwise. */
export function build(services: readonly ServiceSnapshot[], over: Partial<ModelInput> = {}): BuiltModel {
  return buildModel({
    services,
    datacenter: 'dc1',
    settings: publishSettings(),
    deployment: 'test',
    memory: emptyMemory,
    live: new Set(services.map(({ name }) => sourceKey(name, 'dc1'))),
    now: noon,
    ...over,
  })
}

/** Sources by service name, as `10.0.0.1:80` texts with weight 1. */
export function endpointsOf(places: Readonly<Record<string, readonly string[]>>): Endpoints {
  const sources = Object.entries(places).map(([name, list]) => [
    sourceKey(name, 'dc1'),
    list.map((place) => ({
      address: place.slice(0, place.lastIndexOf(':')).replace(/[[\]]/g, ''),
      port: Number(place.slice(place.lastIndexOf(':') + 1)),
      weight: 1,
    })),
  ])
  return { schema: 1, sources: Object.fromEntries(sources) }
}

/** All text per context, as one file each: what a host would include. */
export function renderAll(
  services: readonly ServiceSnapshot[],
  settings: PublishSettings,
  endpoints: Endpoints,
  capability: UpstreamCapability = { mode: 'static' },
) {
  const { model } = build(services, { settings })
  const { files } = renderLayout(model, defaultTemplates)
  const upstreams = renderUpstreams(model.upstreams, endpoints, capability)
  const text = (context: 'http' | 'stream') =>
    [
      ...files.filter((file) => file.context === context).map(({ content }) => content),
      upstreams[context],
    ].join('\n')
  return { http: text('http'), stream: text('stream') }
}
