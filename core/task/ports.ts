import { QuaysideError } from '../errors.ts'
import type { ContainerDefinition, TaskDefinition } from './definition.ts'
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

/** Where a machine is reached; null where it has no such address, or it isn't known (yet). */
export type HostAddresses = { readonly address: string | null; readonly address6: string | null }

/** The machine a task runs on. */
export type TaskHost = HostAddresses & {
  /** `i-…` for EC2; `mi-…` for a machine outside of it. */
  readonly instanceId: string
}

/** Which of its addresses an instance is registered with. */
export type AddressFamily = 'ipv4' | 'ipv6'

/** Whether the address of the host is needed: a task of its own network interface does without. */
export function needsHost({ networkMode }: TaskDefinition): boolean {
  return networkMode === 'bridge' || networkMode === 'host'
}

/**
 * Where each port of the container is reached, one per (container port, protocol). Throws TASK_UNRESOLVED where the address
 * can't be known yet: a guessed address may be somebody else's.
 */
export function endpointsOf(
  { task, definition: { networkMode: mode }, host }: Located,
  container: TaskContainer,
  definition: ContainerDefinition | undefined,
  family: AddressFamily,
): readonly Endpoint[] {
  const mappings = definition?.ports ?? []
  const names = new Map(
    mappings.flatMap(({ containerPorts, name }) => expand(containerPorts).map((p) => [p, name])),
  )
  const ports = mode === 'bridge' ? publishedPorts(container) : mode === 'none' ? [] : ownPorts(definition)
  if (ports.length === 0) return []
  const address =
    mode === 'awsvpc' ? interfaceAddress(task, container, family) : hostAddress(task, host, family)
  return ports.map((port) => ({ ...port, address, name: names.get(port.containerPort) ?? null }))
}

type Located = {
  readonly task: Task
  readonly definition: Pick<TaskDefinition, 'networkMode'>
  readonly host: TaskHost | null
}

/**
 * The ports that the container's definition states. It is what names depend on: the bindings of a run may be fewer for a while, and
 * an instance must not change its name because of that.
 */
export function definedPorts(definition: ContainerDefinition | undefined): readonly number[] {
  return ownPorts(definition).map(({ containerPort }) => containerPort)
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

function interfaceAddress(task: Task, container: TaskContainer, family: AddressFamily): string {
  const all = [...container.addresses, ...task.addresses]
  const address = all.find((one) => familyOf(one) === family)
  if (address !== undefined) return address
  const other = all[0]
  throw new QuaysideError(
    'TASK_UNRESOLVED',
    other === undefined
      ? `Task ${task.arn} has no network interface with an address yet; it is tried again.`
      : `Task ${task.arn} has no ${nameOf(family)} address, only ${other}; ${familyRemedy(family)}`,
  )
}

function hostAddress(task: Task, host: TaskHost | null, family: AddressFamily): string {
  const address = family === 'ipv4' ? host?.address : host?.address6
  if (address) return address
  const other = family === 'ipv4' ? host?.address6 : host?.address
  const place = `of the host of task ${task.arn} (container instance ${task.containerInstanceArn ?? 'not named'}`
  throw new QuaysideError(
    'TASK_UNRESOLVED',
    `The ${nameOf(family)} address ${place}${host === null ? '' : `, ${host.instanceId}`}) isn't known` +
      (other ? `, only ${other}; ${familyRemedy(family)}` : ' yet; it is tried again.'),
  )
}

function familyOf(address: string): AddressFamily {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

function nameOf(family: AddressFamily): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6'
}

function familyRemedy(family: AddressFamily): string {
  const other = family === 'ipv4' ? 'ipv6' : 'ipv4'
  return `set "addressFamily": "${other}" for this cluster, or give the subnet ${nameOf(family)} addresses.`
}
