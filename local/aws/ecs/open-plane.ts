import { startChild } from '../../processes/child.ts'
import { EcsError } from './errors.ts'
import type { ContainerInstance, TaskDefinition } from './model.ts'
import { defaultTimings, type Plane, type PlaneSettings, type Timings } from './plane.ts'
import { schedule } from './services.ts'
import { buildTaskDefinition, type TaskDefinitionInput } from './task-definition.ts'

export type InstanceInput = {
  readonly ec2InstanceId: string
  readonly privateIp?: string
  readonly availabilityZone?: string
}

export type PlaneOptions = Partial<Omit<PlaneSettings, 'timings'>> & {
  /** Names of clusters; the first is meant where a call names none. Default: one named `local`. */
  readonly clusters?: readonly string[]
  /** EC2 hosts of the first cluster. Default: two, both at 127.0.0.1. */
  readonly instances?: readonly InstanceInput[]
  readonly timings?: Partial<Timings>
}

const defaultInstances = [{ ec2InstanceId: 'i-0aaaaaaaaaaaaaaa1' }, { ec2InstanceId: 'i-0aaaaaaaaaaaaaaa2' }]

export function openPlane(options: PlaneOptions): Plane {
  const { account = '210987654321', region = 'eu-central-1', clusters = ['local'] } = options
  const arns = clusters.map((name) => [name, `arn:aws:ecs:${region}:${account}:cluster/${name}`] as const)
  const [[, firstArn] = ['', '']] = arns
  const instances = (options.instances ?? defaultInstances).map((input, n) =>
    buildInstance(input, n, firstArn),
  )
  const plane: Plane = {
    account,
    region,
    graceSeconds: options.graceSeconds ?? 5,
    timings: { ...defaultTimings, ...options.timings },
    startProcess: options.startProcess ?? startChild,
    eniAddress: options.eniAddress ?? (() => '127.0.0.1'),
    now: options.now ?? Date.now,
    clusters: new Map(arns),
    definitions: new Map(),
    services: new Map(),
    instances: new Map(instances.map((instance) => [instance.arn, instance])),
    tasks: new Map(),
    runtimes: new Map(),
    lives: new Set(),
    closed: new AbortController(),
    listeners: new Set(),
    forgotten: new Set(),
    started: 0,
    wake: () => wake(),
  }
  const wake = wakeOnce(plane)
  return plane
}

/** Kills every task's process and waits until all have ended. No more events come. */
export async function closePlane(plane: Plane): Promise<void> {
  plane.closed.abort()
  plane.listeners.clear()
  const processes = [...plane.runtimes.values()].flatMap((runtime) => [...runtime.processes.values()])
  for (const process of processes) process.signal('SIGKILL')
  await Promise.all([...plane.lives, ...processes.map(({ exited }) => exited)])
}

/** Adds the next revision of a family. */
export function registerDefinition(plane: Plane, input: TaskDefinitionInput): TaskDefinition {
  const revisions = [...plane.definitions.values()].filter(({ family }) => family === input.family).length
  const definition = buildTaskDefinition(input, revisions + 1, plane)
  plane.definitions.set(definition.taskDefinitionArn, definition)
  return definition
}

export function arnOfCluster(plane: Plane, name: string): string {
  const arn = plane.clusters.get(name)
  if (arn === undefined) throw new EcsError('ClusterNotFoundException', `Cluster not found: ${name}`)
  return arn
}

/** Many changes in one turn of the event loop make one look at the services. */
function wakeOnce(plane: Plane): () => void {
  let isDue = false
  return () => {
    if (isDue || plane.closed.signal.aborted) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      if (!plane.closed.signal.aborted) schedule(plane)
    })
  }
}

function buildInstance(input: InstanceInput, index: number, clusterArn: string): ContainerInstance {
  const [, , , region = ''] = clusterArn.split(':')
  const { ec2InstanceId, privateIp = '127.0.0.1' } = input
  const id = Buffer.from(ec2InstanceId).toString('hex').padEnd(32, '0').slice(-32)
  return {
    arn: `${clusterArn.replace(':cluster/', ':container-instance/')}/${id}`,
    ec2InstanceId,
    privateIp,
    availabilityZone: input.availabilityZone ?? `${region}${'abc'[index % 3]}`,
    clusterArn,
    status: 'ACTIVE',
    agentConnected: true,
    version: 1,
  }
}
