import { virtualWords } from '../route/aliases/virtual-host.ts'
import { type Fields, fieldsOf, listOf, optionalFieldsOf, optionalTextOf, textOf } from './fields.ts'
import { portsOf, protocolOf } from './parse-port.ts'
import { environmentOf } from './parse-task.ts'
import type { PortRange, Protocol } from './task.ts'

export type NetworkMode = 'awsvpc' | 'bridge' | 'host' | 'none'

export type PortMapping = {
  readonly containerPorts: PortRange
  readonly protocol: Protocol
  readonly name: string | null
}

export type ContainerDefinition = {
  readonly name: string
  readonly ports: readonly PortMapping[]
  readonly hasHealthCheck: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
}

/** What registering needs of a task definition; the rest, secrets in the environment included, is not kept. */
export type TaskDefinition = {
  readonly arn: string
  readonly family: string
  readonly revision: string
  readonly networkMode: NetworkMode
  readonly containers: readonly ContainerDefinition[]
}

/** Parses `taskDefinition` of DescribeTaskDefinition. Throws EVENT_INVALID. */
export function parseTaskDefinition(value: unknown): TaskDefinition {
  const fields = fieldsOf(value, 'taskDefinition')
  const arn = textOf(fields, 'taskDefinitionArn')
  return {
    arn,
    family: textOf(fields, 'family'),
    revision: arn.split(':').at(-1) ?? '',
    networkMode: networkModeOf(optionalTextOf(fields, 'networkMode')),
    containers: listOf(fields, 'containerDefinitions').map(parseContainer),
  }
}

// Without a network mode Docker's default holds on Linux, which is bridge. `default` is the same on Windows (NAT).
function networkModeOf(mode: string | null): NetworkMode {
  return mode === 'awsvpc' || mode === 'host' || mode === 'none' ? mode : 'bridge'
}

function parseContainer(fields: Fields): ContainerDefinition {
  return {
    name: textOf(fields, 'name'),
    ports: listOf(fields, 'portMappings').flatMap(parseMapping),
    hasHealthCheck: fields.value.healthCheck !== undefined && fields.value.healthCheck !== null,
    labels: keepWords(labelsOf(fields)),
    environment: keepWords(environmentOf(fields)),
  }
}

function parseMapping(fields: Fields): readonly PortMapping[] {
  const containerPorts = portsOf(fields, 'containerPort')
  if (containerPorts === null) return []
  return [{ containerPorts, protocol: protocolOf(fields), name: optionalTextOf(fields, 'name') }]
}

function labelsOf(fields: Fields): Readonly<Record<string, string>> {
  const pairs = Object.entries(optionalFieldsOf(fields, 'dockerLabels').value)
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

function keepWords(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => isRegistrationWord(name)))
}

const ownVirtualWords = new Set<string>(virtualWords)

/** Whether a label or variable is ours to read. Everything else may be a secret and is dropped at once. */
export function isRegistrationWord(name: string): boolean {
  return /^(SERVICE_|nginx\.)/.test(name) || /^traefik\./i.test(name) || ownVirtualWords.has(name)
}
