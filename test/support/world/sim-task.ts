import { account, clusterArn, region } from '../event.ts'
import { definitionArn, type Kind } from './kinds.ts'

export type Health = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY'

/** One task as ECS has it. Its version counts every change that ECS tells of; health isn't one of them. */
export type SimTask = {
  readonly id: string
  readonly arn: string
  readonly kind: Kind
  readonly revision: number
  /** Index of its host; null on Fargate. */
  readonly host: number | null
  readonly number: number
  desired: 'RUNNING' | 'STOPPED'
  last: string
  version: number
  readonly containers: Map<string, string>
  readonly health: Map<string, Health>
  /** Containers whose health was known at some time. */
  readonly verdicts: Set<string>
  /** How many of its port bindings its container has now. */
  bindings: number
  fewestBindings: number
  /** ECS doesn't know it any more. */
  forgotten: boolean
  /** Until then reads don't find it, although it is there. */
  hiddenUntil: number
  wasHiddenLong: boolean
  /** A list showed it since it was hidden the last time. */
  wasSeen: boolean
  /** Runs all the time, whatever happens. */
  anchor: boolean
  /** Unix milliseconds of its last change. */
  changedAt: number
  /** Every state so far as the APIs and events state it, by version; health as of now is put in at the read. */
  readonly snapshots: Map<number, RawTask>
  /** The next read soon after a change still answers the state before it. */
  isStale: boolean
}

export type RawTask = Readonly<Record<string, unknown>> & {
  readonly version: number
  readonly containers: readonly { readonly name: string }[]
}

export const hostIds = ['i-00000000000000001', 'i-00000000000000002'] as const
export const hostAddresses = ['10.0.0.1', '10.0.0.2'] as const

export function hostArn(host: number): string {
  return `${clusterArn.replace(':cluster/', ':container-instance/')}/h${host}`
}

export function createTask(number: number, kind: Kind, revision: number, host: number): SimTask {
  const id = `t${String(number).padStart(31, '0')}`
  const task: SimTask = {
    id,
    arn: `arn:aws:ecs:${region}:${account}:task/shop-ec2/${id}`,
    kind,
    revision,
    host: kind.mode === 'awsvpc' ? null : host,
    number,
    desired: 'RUNNING',
    last: 'PROVISIONING',
    version: 1,
    containers: new Map(kind.containers.map(({ name }) => [name, 'PENDING'])),
    health: new Map(kind.containers.filter(({ checked }) => checked).map(({ name }) => [name, 'UNKNOWN'])),
    verdicts: new Set(),
    bindings: 2,
    fewestBindings: 2,
    forgotten: false,
    hiddenUntil: 0,
    wasHiddenLong: false,
    wasSeen: true,
    anchor: false,
    changedAt: 0,
    snapshots: new Map(),
    isStale: false,
  }
  task.snapshots.set(1, rawTask(task))
  return task
}

/** The next version of a task after `change`. */
export function changeTask(task: SimTask, change: (task: SimTask) => void): void {
  change(task)
  task.version += 1
  task.snapshots.set(task.version, rawTask(task))
}

export function hostPort(task: SimTask, index: number): number {
  return 32_768 + task.number * 2 + index
}

export function taskAddress(task: SimTask): string {
  return task.host === null
    ? `10.1.${task.number >> 8}.${task.number & 255}`
    : (hostAddresses[task.host] ?? '')
}

function rawTask(task: SimTask): RawTask {
  const reached = task.last !== 'PROVISIONING' && task.last !== 'PENDING'
  return {
    taskArn: task.arn,
    clusterArn,
    taskDefinitionArn: definitionArn(task.kind, task.revision),
    ...(task.host === null ? {} : { containerInstanceArn: hostArn(task.host) }),
    group: `service:${task.kind.service}`,
    availabilityZone: 'eu-central-1a',
    lastStatus: task.last,
    desiredStatus: task.desired,
    version: task.version,
    attachments: task.host === null && reached ? [attachment(task)] : [],
    containers: [...task.containers].map(([name, lastStatus]) => ({
      name,
      lastStatus,
      networkBindings: task.kind.mode === 'bridge' && reached ? bindings(task, name) : [],
      networkInterfaces: [],
    })),
  }
}

function attachment(task: SimTask): unknown {
  const details = [{ name: 'privateIPv4Address', value: taskAddress(task) }]
  return { id: task.id, type: 'eni', status: 'ATTACHED', details }
}

function bindings(task: SimTask, container: string): readonly unknown[] {
  return task.kind.wanted
    .filter((wanted) => wanted.container === container)
    .slice(0, task.bindings)
    .map(({ port, protocol }, index) => ({
      bindIP: '0.0.0.0',
      containerPort: port,
      hostPort: hostPort(task, index),
      protocol,
    }))
}
