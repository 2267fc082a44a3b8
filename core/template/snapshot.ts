import type { CatalogCheck } from '../catalog/snapshot.ts'
import { datacenter, distinct, serviceName } from '../settings/fields.ts'
import {
  boolean,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Reader,
  readAll,
  report,
  text,
} from '../settings/reader.ts'
import { isObject, kindOf } from '../settings/shown.ts'
import type { TemplateData, TemplateInstance, TemplateNode } from './data.ts'
import { type Status, statuses } from './need.ts'

type Texts = Readonly<Record<string, string>>
type StatedInstance = Omit<TemplateInstance, 'name' | 'id' | 'datacenter' | 'serving'> & {
  readonly id: string | null
  readonly serving: boolean | null
}
type StatedNode = Omit<TemplateNode, 'datacenter'> & { readonly datacenter: string | null }
type StatedService = {
  readonly name: string
  readonly datacenter: string | null
  readonly instances: readonly StatedInstance[]
}
type Stated = {
  readonly datacenter: string
  readonly datacenters: readonly string[]
  readonly services: readonly StatedService[]
  readonly nodes: readonly StatedNode[]
  readonly kv: Texts
}

/** A catalog from a file, complete: what isn't in it isn't there. */
export type CatalogFile = {
  readonly datacenter: string
  readonly datacenters: readonly string[]
  readonly instances: readonly TemplateInstance[]
  /** Also those without instances. */
  readonly services: readonly { readonly name: string; readonly datacenter: string }[]
  readonly nodes: readonly TemplateNode[]
  /** By `path@datacenter`. */
  readonly kv: ReadonlyMap<string, string>
}

const anyText = text('a text', /^/)
const many = 100_000

const texts: Reader<Texts> = (value, at, problems) => {
  if (!isObject(value)) return report(problems, at, 'an object of texts', kindOf(value))
  for (const [key, member] of Object.entries(value))
    if (typeof member !== 'string') report(problems, `${at}.${key}`, 'a text', kindOf(member))
  return value as Texts
}

const check = object<CatalogCheck>({
  id: anyText,
  serviceId: optional(anyText, ''),
  status: oneOf('passing', 'warning', 'critical'),
  output: optional(anyText, ''),
})

const instance = object<StatedInstance>({
  id: optional(anyText, null),
  node: optional(anyText, 'node'),
  nodeAddress: optional(anyText, ''),
  nodeMeta: optional(texts, {}),
  address: anyText,
  port: integer(0, 65_535),
  weight: optional(integer(0, 65_535), 1),
  tags: optional(list(anyText), []),
  meta: optional(texts, {}),
  checks: optional(list(check), []),
  status: optional(oneOf(...statuses), 'passing' as Status),
  serving: optional(boolean, null),
})

const service = object<StatedService>({
  name: serviceName,
  datacenter: optional(datacenter, null),
  instances: optional(list(instance, 0, many), []),
})

const catalog = object<Stated>({
  datacenter: optional(datacenter, 'dc1'),
  datacenters: optional(list(datacenter), []),
  services: optional(
    distinct(list(service, 0, many), (one) => `${one.name}@${one.datacenter ?? ''}`),
    [],
  ),
  nodes: optional(
    list(
      object<StatedNode>({
        name: anyText,
        id: optional(anyText, ''),
        address: anyText,
        datacenter: optional(datacenter, null),
        meta: optional(texts, {}),
      }),
      0,
      many,
    ),
    [],
  ),
  kv: optional(texts, {}),
})

/** Reads a catalog that was parsed from JSON; throws one SETTINGS_INVALID error that lists every problem. `title` names the file. */
export function parseCatalogFile(value: unknown, title: string): CatalogFile {
  const stated = readAll(title, value, '', catalog)
  const own = stated.datacenter
  const services = stated.services.map(({ name, datacenter }) => ({ name, datacenter: datacenter ?? own }))
  const instances = stated.services.flatMap((service) =>
    service.instances.map((one) => completed(one, service.name, service.datacenter ?? own)),
  )
  return {
    datacenter: own,
    datacenters: [...new Set([own, ...stated.datacenters, ...services.map(({ datacenter }) => datacenter)])],
    instances,
    services,
    nodes: stated.nodes.map((node) => ({ ...node, datacenter: node.datacenter ?? own })),
    kv: new Map(
      Object.entries(stated.kv).map(([path, value]) => [path.includes('@') ? path : `${path}@${own}`, value]),
    ),
  }
}

/** The catalog as templates read it. */
export function catalogData(file: CatalogFile): TemplateData {
  const within = <T extends { readonly datacenter: string }>(all: readonly T[], place: string) =>
    all.filter((one) => one.datacenter === place)
  const byService = Map.groupBy(file.instances, ({ name, datacenter }) => `${name}@${datacenter}`)
  const instancesOf = (name: string, place: string) => byService.get(`${name}@${place}`) ?? []
  return {
    datacenter: file.datacenter,
    service: instancesOf,
    services: (place) =>
      within(file.services, place).map(({ name }) => ({ name, tags: tagsOf(instancesOf(name, place)) })),
    nodes: (place) => within(file.nodes, place),
    node: (name, place) => {
      const node = within(file.nodes, place).find((one) => one.name === name)
      if (node === undefined) return null
      return { node, services: within(file.instances, place).filter((one) => one.node === name) }
    },
    key: (path, place) => file.kv.get(`${path}@${place}`) ?? null,
    folder: (folder, place) =>
      new Map(
        [...file.kv].flatMap(([key, value]) => {
          const [path, where] = [key.slice(0, key.lastIndexOf('@')), key.slice(key.lastIndexOf('@') + 1)]
          return where === place && path.startsWith(folder) ? [[path, value] as const] : []
        }),
      ),
    datacenters: () => file.datacenters,
  }
}

function completed(stated: StatedInstance, name: string, place: string): TemplateInstance {
  const { id, serving, status, address, port } = stated
  return {
    ...stated,
    ...{ name, datacenter: place, id: id ?? `${name}-${address}-${port}` },
    serving: serving ?? status === 'passing',
  }
}

function tagsOf(instances: readonly TemplateInstance[]): readonly string[] {
  return [...new Set(instances.flatMap(({ tags }) => tags))]
}
