import { QuaysideError } from '../errors.ts'
import type { ContainerDefinition, NetworkMode, TaskDefinition } from './definition.ts'
import type { PortRange, Protocol, Task, TaskContainer } from './task.ts'

/** A port of a container and where it is reached from outside. */
export type Endpoint = {
  readonly containerPort: number
  readonly protocol: Protocol
  readonly address: string
  readonly port: number
  /** The name of its port mapping, if it has one. */
  readonly name: string | null
}

/** The machine a task runs on. */
export type TaskHost = {
  /** `i-…` for EC2; `mi-…` for a machine outside of it. */
  readonly instanceId: string
  /** Null where it isn't known (yet). */
  readonly address: string | null
}

/** Whether the address of the host is needed: a task of its own network interface does without. */
export function needsHost({ networkMode }: TaskDefinition): boolean {
  return networkMode === 'bridge' || networkMode === 'host'
}

/**
 * Where each port of the container is reached, one per (container port, protocol). Throws TASK_UNRESOLVED where the address
 * can't be known yet and TASK_REFUSED where it never can: a guessed address may be somebody else's.
 */
export function endpointsOf(
  task: Task,
  container: TaskContainer,
  mode: NetworkMode,
  definition: ContainerDefinition | undefined,
  host: TaskHost | null,
): readonly Endpoint[] {
  const mappings = definition?.ports ?? []
  const names = new Map(
    mappings.flatMap(({ containerPorts, name }) => expand(containerPorts).map((p) => [p, name])),
  )
  const ports = mode === 'bridge' ? publishedPorts(container) : mode === 'none' ? [] : ownPorts(definition)
  if (ports.length === 0) return []
  const address = mode === 'awsvpc' ? interfaceAddress(task, container) : hostAddress(task, host)
  return ports.map((port) => ({ ...port, address, name: names.get(port.containerPort) ?? null }))
}

/**
 * How many ports the container's definition states. It is what names depend on: the bindings of a run may be fewer for a while, and
 * an instance must not change its name because of that.
 */
export function definedPorts(definition: ContainerDefinition | undefined): number {
  return ownPorts(definition).length
}

type Port = { readonly containerPort: number; readonly protocol: Protocol; readonly port: number }

/** awsvpc and host mode: the agent sends no bindings, a container is reached at the ports of its definition. */
function ownPorts(definition: ContainerDefinition | undefined): readonly Port[] {
  const ports = (definition?.ports ?? []).flatMap(({ containerPorts, protocol }) =>
    expand(containerPorts).map((port) => ({ containerPort: port, protocol, port })),
  )
  return unique(ports)
}

/** Bridge mode: the same port may be bound twice, for IPv4 and IPv6. */
function publishedPorts(container: TaskContainer): readonly Port[] {
  const ports = container.bindings.flatMap(({ containerPorts, hostPorts, protocol }) =>
    expand(containerPorts).map((containerPort, step) => ({
      containerPort,
      protocol,
      port: hostPorts.from + step,
    })),
  )
  return unique(ports)
}

function unique(ports: readonly Port[]): readonly Port[] {
  const first = new Map<string, Port>()
  for (const port of ports) {
    const id = `${port.containerPort}/${port.protocol}`
    if (!first.has(id)) first.set(id, port)
  }
  return [...first.values()]
}

function expand({ from, to }: PortRange): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, step) => from + step)
}

function interfaceAddress(task: Task, container: TaskContainer): string {
  const address = container.addresses[0] ?? task.addresses[0]
  if (address !== undefined) return address
  throw new QuaysideError(
    'TASK_UNRESOLVED',
    `Task ${task.arn} has no network interface with an address yet; it is tried again.`,
  )
}

function hostAddress(task: Task, host: TaskHost | null): string {
  if (host?.instanceId.startsWith('mi-')) {
    throw new QuaysideError(
      'TASK_REFUSED',
      `Task ${task.arn} runs on ${host.instanceId}, a machine outside EC2, whose address Quayside can't look up; ` +
        'run it in awsvpc mode on EC2 or Fargate.',
    )
  }
  if (host?.address) return host.address
  throw new QuaysideError(
    'TASK_UNRESOLVED',
    `The address of the host of task ${task.arn} (container instance ${task.containerInstanceArn ?? 'not named'}` +
      `${host === null ? '' : `, ${host.instanceId}`}) isn't known yet; it is tried again.`,
  )
}
