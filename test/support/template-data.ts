import type { TemplateData, TemplateInstance, TemplateNode } from '../../core/template/data.ts'
import { type RenderedTemplate, renderOperatorTemplate } from '../../core/template/render.ts'
import type { OperatorTemplate } from '../../core/template/template.ts'

export type Fixture = {
  readonly instances?: readonly TemplateInstance[]
  readonly nodes?: readonly TemplateNode[]
  readonly kv?: Readonly<Record<string, string>>
}

/** An instance that passes and takes traffic, unless `over` says otherwise. */
export function instance(name: string, at: number, over: Partial<TemplateInstance> = {}): TemplateInstance {
  return {
    ...{ name, id: `${name}-${at}`, node: 'n1', nodeAddress: '10.9.0.1', nodeMeta: {}, datacenter: 'dc1' },
    ...{ address: `10.0.0.${at}`, port: 8000, weight: 1, tags: [], meta: {}, checks: [] },
    ...{ status: 'passing', serving: true },
    ...over,
  }
}

/** Data that are all known: what isn't listed isn't there. */
export function knownData({ instances = [], nodes = [], kv = {} }: Fixture): TemplateData {
  const here = (datacenter: string) => instances.filter((one) => one.datacenter === datacenter)
  return {
    datacenter: 'dc1',
    service: (name, datacenter) => here(datacenter).filter((one) => one.name === name),
    services: (datacenter) =>
      [...Map.groupBy(here(datacenter), ({ name }) => name)].map(([name, own]) => ({
        name,
        tags: [...new Set(own.flatMap(({ tags }) => tags))],
      })),
    nodes: (datacenter) => nodes.filter((one) => one.datacenter === datacenter),
    node: (name, datacenter) => {
      const node = nodes.find((one) => one.name === name && one.datacenter === datacenter)
      return node ? { node, services: here(datacenter).filter((one) => one.node === name) } : null
    },
    key: (path, datacenter) => (datacenter === 'dc1' ? (kv[path] ?? null) : null),
    folder: (path, datacenter) =>
      new Map(Object.entries(kv).filter(([key]) => datacenter === 'dc1' && key.startsWith(path))),
    datacenters: () => ['dc2', 'dc1'],
  }
}

export function template(text: string, partials: Readonly<Record<string, string>> = {}): OperatorTemplate {
  return { name: 'web', text, partials }
}

/** Renders text over data that are all known. */
export function rendered(text: string, fixture: Fixture = {}, partials = {}): RenderedTemplate {
  return renderOperatorTemplate(template(text, partials), knownData(fixture))
}

/** The output of a template, which must be ready. */
export function output(text: string, fixture: Fixture = {}, partials = {}): string {
  const { content, waiting } = rendered(text, fixture, partials)
  if (content === null) throw new Error(`the template waits: ${JSON.stringify(waiting)}`)
  return content
}
