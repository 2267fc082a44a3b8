import type { ContainerHealth, TaskKey } from '../ledger/ledger.ts'

/** One published port of a container in bridge mode; both ranges have the same length. */
export type PortBinding = {
  readonly containerPorts: PortRange
  readonly hostPorts: PortRange
  readonly protocol: Protocol
}

export type Protocol = 'tcp' | 'udp'
export type PortRange = { readonly from: number; readonly to: number }

export type TaskContainer = {
  readonly name: string
  readonly lastStatus: string
  /** Null in events: they carry no health. */
  readonly health: ContainerHealth | null
  readonly bindings: readonly PortBinding[]
  /** Addresses of its network interface (awsvpc), IPv4 first. */
  readonly addresses: readonly string[]
  /** Environment of this run. May hold secrets: it is read for the words of registration and never logged. */
  readonly environment: Readonly<Record<string, string>>
}

/** A task as ECS states it, whether in an event or in an answer of DescribeTasks. */
export type Task = {
  readonly arn: string
  readonly key: TaskKey
  readonly clusterArn: string
  readonly taskDefinitionArn: string
  readonly containerInstanceArn: string | null
  readonly group: string
  readonly availabilityZone: string | null
  readonly lastStatus: string
  readonly desiredStatus: string
  readonly version: number
  /** Addresses of the task's network interface as its attachment states them. */
  readonly addresses: readonly string[]
  readonly containers: readonly TaskContainer[]
}

/** A task as seen at a time: an event's own time, or the start of the request that read it (Unix milliseconds). */
export type Observation = { readonly task: Task; readonly source: 'event' | 'read'; readonly at: number }
