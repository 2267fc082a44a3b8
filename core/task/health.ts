import type { ContainerHealth } from '../ledger/ledger.ts'
import type { TaskDefinition } from './definition.ts'
import type { Task } from './task.ts'

export type HealthRecord = Readonly<Record<string, ContainerHealth>>

/**
 * The health to go by, for running containers that declare a check. Events carry none, so what was known before stays; and UNKNOWN
 * after a first verdict says nothing new. A container that stopped has none: when it runs again, it is to be found healthy anew.
 */
export function mergeHealth(task: Task, definition: TaskDefinition, known: HealthRecord): HealthRecord {
  const checked = new Set(definition.containers.filter((c) => c.hasHealthCheck).map(({ name }) => name))
  const pairs = task.containers
    .filter(({ name, lastStatus }) => checked.has(name) && lastStatus === 'RUNNING')
    .map(({ name, health }) => [name, verdict(health, known[name])] as const)
  return Object.fromEntries(pairs)
}

function verdict(read: ContainerHealth | null, known: ContainerHealth | undefined): ContainerHealth {
  return read === null || read === 'UNKNOWN' ? (known ?? 'UNKNOWN') : read
}
