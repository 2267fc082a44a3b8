import type { Server } from '../../../core/release/endpoints.ts'
import { sourceKey } from '../../../core/release/endpoints.ts'
import type { NginxContext } from '../../../core/release/layout.ts'
import type { Templates } from '../../../core/render/templates.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { emptyMemory } from '../../../core/route/memory.ts'
import type { PublishSettings } from '../../../core/settings/settings.ts'
import { layoutBuilder } from '../../../functions/publish/build-layout.ts'
import type { OutputFile } from './files.ts'
import type { JudgedCatalog } from './judge-catalog.ts'

type BuiltIn = {
  readonly files: readonly (OutputFile & { readonly context: NginxContext })[]
  /** One sentence each. */
  readonly problems: readonly string[]
}

/** The operator's configuration as far as it matters here; without one it is nobody's deployment. */
export type RenderSettings = {
  readonly publish: PublishSettings
  readonly deployment: string | null
}

/** What a publisher that sees exactly this catalog, and nothing before it, would publish. */
export function renderBuiltIn(
  judged: JudgedCatalog,
  { publish: settings, deployment }: RenderSettings,
  templates: Templates,
): BuiltIn {
  const { datacenter } = judged.catalog
  const followed = [datacenter, ...settings.datacenters]
  const services = judged.services.filter((service) => followed.includes(service.datacenter))
  const sources = servingSources(judged)
  const live = new Set(Object.keys(sources))
  const build = layoutBuilder(settings, { datacenter, deployment }, templates)
  const { layout, files, problems } = build({ services, memory: emptyMemory, live, now: 0 })
  const upstreams = renderUpstreams(layout.upstreams, { schema: 1, sources }, { mode: 'static' })
  const all = [
    ...layout.files.map(({ path, context }, at) => ({ path, context, content: files[at] ?? '' })),
    { path: 'upstreams.http.conf', context: 'http' as const, content: upstreams.http },
    { path: 'upstreams.stream.conf', context: 'stream' as const, content: upstreams.stream },
  ]
  return { files: all.filter(({ content }) => content !== ''), problems }
}

/** A main configuration for `nginx -t` alone: it includes everything, and keeps to the folder that it is in. */
export function mainFile(files: BuiltIn['files']): OutputFile {
  const includes = (context: NginxContext) =>
    files.filter((file) => file.context === context).map(({ path }) => `    include ${path};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `    ${name}_temp_path ${name}_temp;`,
  )
  const stream = includes('stream')
  const lines = [
    '# For "nginx -t -p . -c nginx.conf" in this folder.',
    ...['error_log stderr;', 'pid nginx.pid;', 'events {}', 'http {', '    access_log off;'],
    ...[...temporary, ...includes('http'), '}'],
    ...(stream.length === 0 ? [] : ['stream {', ...stream, '}']),
  ]
  return { path: 'nginx.conf', content: `${lines.join('\n')}\n` }
}

function servingSources({ catalog }: JudgedCatalog): Readonly<Record<string, readonly Server[]>> {
  const serving = catalog.instances.filter((one) => one.serving)
  const groups = Map.groupBy(serving, ({ name, datacenter }) => sourceKey(name, datacenter))
  return Object.fromEntries(
    [...groups].map(([source, own]) => [
      source,
      own.map(({ address, port, weight }) => ({ address, port, weight })),
    ]),
  )
}
