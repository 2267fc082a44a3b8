import type { CheckReason } from '../catalog/entry.ts'
import type { StoredCheck } from './stored-check.ts'
import type { Protocol } from './task.ts'

/** One wanted entry in the catalog: what a Consul service of ours and its check look like. */
export type Instance = {
  readonly id: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
  /** Sorted. */
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly check: CheckReason
  /** What DNS and proxies that heed it give this instance of its service's traffic: 1–65535, by default 1. */
  readonly weight: number
  /** A check that consul-esm runs, beside our own. */
  readonly storedCheck: StoredCheck | null
}

/** Why one instance could not be registered, or a word of it was not heeded; its siblings go on. */
export type InstanceProblem = {
  readonly container: string
  readonly port: number
  readonly problem: string
  /** False for a warning: the instance is registered all the same. */
  readonly refused: boolean
}
