import type { CatalogCheck } from '../catalog/snapshot.ts'

/** A service on the cluster's node as the catalog states it. */
export type CatalogService = {
  readonly id: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly checks: readonly CatalogCheck[]
}
