import type { CheckReason } from '../catalog/entry.ts'
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
}

/** Why one instance could not be registered, or a word of it was not heeded; its siblings go on. */
export type InstanceProblem = {
  readonly container: string
  readonly port: number
  readonly problem: string
  /** False for a warning: the instance is registered all the same. */
  readonly refused: boolean
}
