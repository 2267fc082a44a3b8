import { invalidParameter } from './errors.ts'
import type { ContainerDefinition, NetworkMode, PortMapping, TaskDefinition } from './model.ts'

/** What a user has to say of a container; the rest has defaults. Environment and labels are plain records. */
export type ContainerInput = {
  readonly name?: string
  readonly image?: string
  readonly essential?: boolean
  readonly portMappings?: readonly {
    readonly containerPort: number
    readonly hostPort?: number
    readonly name?: string
  }[]
  readonly environment?: Readonly<Record<string, string>>
  readonly dockerLabels?: Readonly<Record<string, string>>
  /**
   * True declares a health check, which the control plane makes as GET /health of the container's first port.
   */
  readonly healthCheck?: boolean
}

export type TaskDefinitionInput = {
  readonly family: string
  readonly networkMode?: NetworkMode
  readonly containers: readonly ContainerInput[]
}

export type Place = { readonly account: string; readonly region: string }

/** A revision of a family, as DescribeTaskDefinition answers it. */
export function buildTaskDefinition(
  input: TaskDefinitionInput,
  revision: number,
  place: Place,
): TaskDefinition {
  const { family, networkMode, containers } = input
  if (!/^[\w-]{1,255}$/.test(family))
    throw invalidParameter(`family has a character that is not allowed: "${family}"`)
  if (!containers.some(({ essential }) => essential !== false))
    throw invalidParameter(`task definition ${family} has no essential container`)
  return {
    taskDefinitionArn: `arn:aws:ecs:${place.region}:${place.account}:task-definition/${family}:${revision}`,
    family,
    revision,
    status: 'ACTIVE',
    ...(networkMode === undefined ? {} : { networkMode }),
    containerDefinitions: containers.map((container) =>
      buildContainer(container, family, networkMode ?? 'bridge'),
    ),
  }
}

function buildContainer(input: ContainerInput, family: string, mode: NetworkMode): ContainerDefinition {
  const { name = family, portMappings = [], environment = {}, dockerLabels = {} } = input
  return {
    name,
    image: input.image ?? `${family}/${name}:latest`,
    essential: input.essential ?? true,
    cpu: 128,
    memory: 256,
    portMappings: portMappings.map((mapping) => buildPortMapping(mapping, mode)),
    environment: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
    dockerLabels,
    ...(input.healthCheck ? { healthCheck } : {}),
  }
}

const healthCheck = {
  command: ['CMD-SHELL', 'curl -f http://localhost/health || exit 1'],
  interval: 5,
  timeout: 2,
  retries: 3,
}

function buildPortMapping(
  { containerPort, hostPort, name }: { containerPort: number; hostPort?: number; name?: string },
  mode: NetworkMode,
): PortMapping {
  // Only bridge mode has a port of its own on the host, and 0 asks for any.
  const port = mode === 'bridge' ? (hostPort ?? 0) : containerPort
  return { containerPort, hostPort: port, protocol: 'tcp', ...(name === undefined ? {} : { name }) }
}
