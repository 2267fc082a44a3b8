import type { QuaysideError } from '../errors.ts'
import type { TemplateData, TemplateInstance } from './data.ts'

/** What an item that a template loops over was made from: an instance, or a service of the list of all. */
export type Origin = {
  readonly datacenter: string
  readonly service: string
  /** Null for the service itself. */
  readonly instance: { readonly node: string; readonly id: string } | null
}

/** What fails for one item, and the error that it would be if it weren't left out. */
export type Blame = {
  readonly origin: Origin
  readonly error: QuaysideError
  /** Where in the templates, down to the column. */
  readonly place: string
  /** Whether the item lacks something, rather than holding something bad. */
  readonly absent: boolean
}

/** An item that was left out of a rendering, and why. */
export type LeftOut = { readonly origin: Origin; readonly why: string }

export function instanceOrigin({ datacenter, name, node, id }: TemplateInstance): Origin {
  return { datacenter, service: name, instance: { node, id } }
}

export function originText({ datacenter, service, instance }: Origin): string {
  const place = `${service}@${datacenter}`
  return instance === null ? place : `${place} instance ${instance.node}/${instance.id}`
}

/** The same data without these. */
export function without(data: TemplateData, left: ReadonlyMap<string, unknown>): TemplateData {
  if (left.size === 0) return data
  const isIn = (origin: Origin) => !left.has(originText(origin))
  const kept = (instances: readonly TemplateInstance[]) =>
    instances.filter((one) => isIn(instanceOrigin(one)))
  return {
    ...data,
    service: (name, datacenter) => {
      const found = data.service(name, datacenter)
      return found === undefined ? undefined : kept(found)
    },
    services: (datacenter) =>
      data.services(datacenter)?.filter(({ name }) => isIn({ datacenter, service: name, instance: null })),
    node: (name, datacenter) => {
      const found = data.node(name, datacenter)
      return found ? { ...found, services: kept(found.services) } : found
    },
  }
}
