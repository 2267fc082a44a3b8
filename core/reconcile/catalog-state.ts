import type { CatalogCheck } from '../catalog/snapshot.ts'

/** A check as reconciling compares it. */
export type NodeCheck = CatalogCheck & {
  readonly name: string
  /** Of consul-esm's checks what it is to run; empty for all others. */
  readonly definition: Readonly<Record<string, unknown>>
  readonly modifyIndex: number
}

/** A service on the cluster's node as the catalog states it. */
export type CatalogService = {
  readonly id: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly weight: number
  readonly checks: readonly NodeCheck[]
}
