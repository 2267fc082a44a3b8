import type { CatalogCheck } from '../catalog/snapshot.ts'
import type { Status } from './need.ts'

/** One instance as templates see it. Everything but `serving` is what the catalog says, and untrusted. */
export type TemplateInstance = {
  readonly name: string
  readonly id: string
  readonly node: string
  readonly nodeAddress: string
  readonly nodeMeta: Readonly<Record<string, string>>
  readonly datacenter: string
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly checks: readonly CatalogCheck[]
  readonly status: Status
  /** Whether it takes traffic; the word of the guard, which may hold one that vanished or fail open. */
  readonly serving: boolean
}

export type NamedService = { readonly name: string; readonly tags: readonly string[] }

export type TemplateNode = {
  readonly name: string
  readonly id: string
  readonly address: string
  readonly datacenter: string
  readonly meta: Readonly<Record<string, string>>
}

export type NodeServices = { readonly node: TemplateNode; readonly services: readonly TemplateInstance[] }

/**
 * Where a template's data come from. Each look-up answers at once and the same within one rendering: `undefined` says that it was
 * not read yet, which a rendering reports as missing; `null` and empty lists say that it was read and nothing is there. Lists may be
 * in any order.
 */
export type TemplateData = {
  /** Where queries without `@dc` go. */
  readonly datacenter: string
  /** Instances of every status. */
  readonly service: (name: string, datacenter: string) => readonly TemplateInstance[] | undefined
  readonly services: (datacenter: string) => readonly NamedService[] | undefined
  readonly nodes: (datacenter: string) => readonly TemplateNode[] | undefined
  readonly node: (name: string, datacenter: string) => NodeServices | null | undefined
  readonly key: (path: string, datacenter: string) => string | null | undefined
  /** Every key below the folder, by its whole path; the folder ends in a slash. */
  readonly folder: (path: string, datacenter: string) => ReadonlyMap<string, string> | undefined
  readonly datacenters: () => readonly string[] | undefined
}
