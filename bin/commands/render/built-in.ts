import { judgeService } from '../../../core/catalog/judge.ts'
import type { CatalogCheck, ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import type { Server } from '../../../core/release/endpoints.ts'
import { sourceKey } from '../../../core/release/endpoints.ts'
import type { NginxContext } from '../../../core/release/layout.ts'
import type { Templates } from '../../../core/render/templates.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { emptyMemory } from '../../../core/route/memory.ts'
import type { PublishSettings } from '../../../core/settings/settings.ts'
import type { TemplateInstance } from '../../../core/template/data.ts'
import type { CatalogFile } from '../../../core/template/snapshot.ts'
import { layoutBuilder } from '../../../functions/publish/build-layout.ts'
import type { OutputFile } from './files.ts'

type BuiltIn = {
  readonly files: readonly (OutputFile & { readonly context: NginxContext })[]
  /** One sentence each. */
  readonly problems: readonly string[]
}

/** What a publisher that sees exactly this catalog, and nothing before it, would publish. */
export function renderBuiltIn(
  catalog: CatalogFile,
  settings: PublishSettings,
  templates: Templates,
): BuiltIn {
  const services = catalog.services
    .filter(({ datacenter }) => datacenter === catalog.datacenter)
    .map(({ name, datacenter }) => snapshotOf(catalog, name, datacenter))
  const judge = { deployment: '', homes: [], prefix: '', networks: settings.networks }
  const judged = services.map((service) => judgeService(service, judge))
  const serving = new Set(catalog.instances.filter((one) => one.serving).map(identity))
  const sources: Record<string, readonly Server[]> = Object.fromEntries(
    judged.map(({ name, datacenter, instances }) => [
      sourceKey(name, datacenter),
      instances
        .filter(({ node, id }) => serving.has(identity({ name, datacenter, node, id })))
        .map(({ server }) => server),
    ]),
  )
  const live = new Set(Object.keys(sources).filter((source) => (sources[source]?.length ?? 0) > 0))
  const build = layoutBuilder(settings, catalog.datacenter, templates)
  const { layout, files, problems } = build({ services, memory: emptyMemory, live, now: 0 })
  const upstreams = renderUpstreams(layout.upstreams, { schema: 1, sources }, { mode: 'static' })
  const unusable = judged.flatMap((service) => service.problems)
  return {
    files: [
      ...layout.files.map(({ path, context }, at) => ({ path, context, content: files[at] ?? '' })),
      ...(['http', 'stream'] as const).map((context) => ({
        path: `upstreams.${context}.conf`,
        context,
        content: upstreams[context],
      })),
    ].filter(({ content }) => content !== ''),
    problems: [
      ...problems,
      ...unusable.map(({ service, instance, problem }) => `${service}: instance ${instance}: ${problem}`),
    ],
  }
}

/** A main configuration for `nginx -t` alone, which needs no more than to include everything. */
export function mainFile(files: BuiltIn['files']): OutputFile {
  const block = (context: NginxContext) => {
    const own = files.filter((file) => file.context === context)
    const lines = own.map(({ path }) => `    include ${path};\n`)
    return own.length === 0 ? '' : `${context} {\n${lines.join('')}}\n`
  }
  const content = `# For "nginx -t -p . -c nginx.conf" in this folder.\nerror_log stderr;\npid nginx.pid;\nevents {}\n${block('http')}${block('stream')}`
  return { path: 'nginx.conf', content }
}

function snapshotOf(catalog: CatalogFile, name: string, datacenter: string): ServiceSnapshot {
  const own = catalog.instances.filter((one) => one.name === name && one.datacenter === datacenter)
  const instances = own.map(({ node, id, address, port, weight, tags, meta, ...one }) => ({
    ...{ datacenter, node, id, service: name, address, port, weight, tags, meta },
    checks: checksOf({ id, ...one }),
  }))
  return { name, datacenter, instances }
}

/** A status that no check explains is a check of its own. */
function checksOf({
  id,
  checks,
  status,
}: Pick<TemplateInstance, 'id' | 'checks' | 'status'>): readonly CatalogCheck[] {
  if (checks.length > 0 || status === 'passing') return checks
  const own = { serviceId: id, output: '' }
  if (status === 'maintenance') return [{ ...own, id: `_service_maintenance:${id}`, status: 'critical' }]
  return [{ ...own, id: `${id}:stated`, status }]
}

function identity(one: { name: string; datacenter: string; node: string; id: string }): string {
  return [one.datacenter, one.name, one.node, one.id].join('/')
}
