import type { ContainerHealth } from '../ledger/ledger.ts'
import { taskKey } from './arn.ts'
import { type Fields, fieldsOf, listOf, optionalFieldsOf, optionalTextOf, textOf, wholeOf } from './fields.ts'
import { parseBinding } from './parse-port.ts'
import type { PortBinding, Task, TaskContainer } from './task.ts'

/** Parses a task of an event's `detail` or of DescribeTasks; fields that AWS may add are ignored. Throws EVENT_INVALID. */
export function parseTask(value: unknown, path = 'detail'): Task {
  const fields = fieldsOf(value, path)
  const arn = textOf(fields, 'taskArn')
  const clusterArn = textOf(fields, 'clusterArn')
  const overrides = overridesOf(fields)
  return {
    arn,
    key: taskKey(arn, clusterArn),
    clusterArn,
    taskDefinitionArn: textOf(fields, 'taskDefinitionArn'),
    containerInstanceArn: optionalTextOf(fields, 'containerInstanceArn'),
    group: optionalTextOf(fields, 'group') ?? '',
    availabilityZone: optionalTextOf(fields, 'availabilityZone'),
    lastStatus: textOf(fields, 'lastStatus'),
    desiredStatus: textOf(fields, 'desiredStatus'),
    version: wholeOf(fields, 'version'),
    addresses: listOf(fields, 'attachments').filter(isNetworkInterface).flatMap(attachmentAddresses),
    containers: listOf(fields, 'containers').map((container) => parseContainer(container, overrides)),
  }
}

function parseContainer(fields: Fields, overrides: ReadonlyMap<string, Environment>): TaskContainer {
  const name = textOf(fields, 'name')
  return {
    name,
    lastStatus: optionalTextOf(fields, 'lastStatus') ?? 'UNKNOWN',
    health: healthOf(fields.value.healthStatus),
    bindings: listOf(fields, 'networkBindings')
      .map(parseBinding)
      .filter((b): b is PortBinding => b !== null),
    addresses: listOf(fields, 'networkInterfaces').flatMap((found) =>
      ['privateIpv4Address', 'ipv6Address'].flatMap((field) => optionalTextOf(found, field) ?? []),
    ),
    environment: overrides.get(name) ?? {},
  }
}

type Environment = Readonly<Record<string, string>>

function overridesOf(fields: Fields): ReadonlyMap<string, Environment> {
  const list = listOf(optionalFieldsOf(fields, 'overrides'), 'containerOverrides')
  return new Map(list.map((override) => [textOf(override, 'name'), environmentOf(override)]))
}

/** `[{name, value}]` as a record; a value that isn't a text is left out rather than shown in an error. */
export function environmentOf(fields: Fields): Environment {
  const pairs = listOf(fields, 'environment').map(({ value }) => [value.name, value.value])
  return Object.fromEntries(
    pairs.filter(([name, text]) => typeof name === 'string' && typeof text === 'string'),
  )
}

// Events say `eni`, DescribeTasks says `ElasticNetworkInterface`; EBS volumes and others are attachments as well.
function isNetworkInterface({ value }: Fields): boolean {
  return value.type === 'eni' || value.type === 'ElasticNetworkInterface'
}

function attachmentAddresses(attachment: Fields): readonly string[] {
  const details = new Map(listOf(attachment, 'details').map(({ value }) => [value.name, value.value]))
  return ['privateIPv4Address', 'privateIPv6Address', 'ipv6Address'].flatMap((name) => {
    const address = details.get(name)
    return typeof address === 'string' && address !== '' ? [address] : []
  })
}

function healthOf(value: unknown): ContainerHealth | null {
  return value === 'HEALTHY' || value === 'UNHEALTHY' || value === 'UNKNOWN' ? value : null
}
