import { type CheckReason, entryMeta, managedBy } from '../catalog/entry.ts'
import type { ContainerHealth } from '../ledger/ledger.ts'
import { aliasProblems } from './alias-words.ts'
import type { ContainerDefinition, TaskDefinition } from './definition.ts'
import type { Instance, InstanceProblem } from './instance.ts'
import { violation } from './limits.ts'
import { defaultName, instanceId, serviceName } from './naming.ts'
import { type AddressFamily, definedPorts, type Endpoint, endpointsOf, type TaskHost } from './ports.ts'
import { routedPort, routingOf, unroutedProblem } from './routing-words.ts'
import { storedCheck } from './stored-check.ts'
import type { Task, TaskContainer } from './task.ts'
import { strayScopes, warningsOf } from './warnings.ts'
import { checkWords, metaWords, serviceWord, splitTags, type Words, wordsOf } from './words.ts'

export type Registrar = {
  readonly deployment: string
  readonly servicePrefix: string
  readonly addressFamily: AddressFamily
}

export type Facts = {
  readonly task: Task
  readonly definition: TaskDefinition
  readonly host: TaskHost | null
  /** The last health known per container, the ledger's where the observation has none. */
  readonly health: Readonly<Record<string, ContainerHealth>>
}

export type Desired = {
  /** In the order of containers and ports; ids are unique. */
  readonly instances: readonly Instance[]
  readonly problems: readonly InstanceProblem[]
}

/**
 * What a live task wants in the catalog. A bad value fails its own instance only. Throws TASK_UNRESOLVED or TASK_REFUSED where
 * the address of the task can't be known.
 */
export function desiredInstances(facts: Facts, registrar: Registrar): Desired {
  const results = facts.task.containers.flatMap((container) =>
    containerInstances(facts, container, registrar),
  )
  return {
    instances: results.flatMap(({ instance }) => instance ?? []),
    problems: results.flatMap(({ problems }) => problems),
  }
}

type Result = { readonly instance: Instance | null; readonly problems: readonly InstanceProblem[] }

function containerInstances(facts: Facts, container: TaskContainer, registrar: Registrar): readonly Result[] {
  const definition = facts.definition.containers.find(({ name }) => name === container.name)
  const words = wordsOf(definition, container)
  const endpoints = endpointsOf(facts, container, definition, registrar.addressFamily)
  const wanted = endpoints.filter(({ containerPort }) => !serviceWord(words, containerPort, 'IGNORE'))
  const routed = routedPort(words, wanted)
  const several = Math.max(endpoints.length, definedPorts(definition).length) > 1
  const ports = [...new Set([...endpoints.map((one) => one.containerPort), ...definedPorts(definition)])]
  const stray = container.lastStatus === 'RUNNING' ? strayScopes(words, ports) : []
  return [
    ...wanted.map((endpoint) => {
      const fallback = defaultName(facts.task, facts.definition)
      const name = serviceName(words, endpoint, several, fallback, registrar.servicePrefix)
      const stored = storedCheck(words, endpoint, checkWords(words, endpoint.containerPort))
      const instance: Instance = {
        id: instanceId(words, endpoint, name, facts.task, container.name),
        service: name,
        address: endpoint.address,
        port: endpoint.port,
        protocol: endpoint.protocol,
        ...describe(facts, words, endpoint, routed, registrar),
        check: checkOf(facts, container, definition),
        weight: Number(serviceWord(words, endpoint.containerPort, 'WEIGHT')?.trim() || 1),
        storedCheck: stored.check,
      }
      const notes = endpoint === wanted[0] ? routingNotes(words, wanted, definition) : []
      return judge(instance, container.name, endpoint, words, [...stored.problems, ...notes])
    }),
    ...stray.map((one) => ({
      instance: null,
      problems: [{ ...one, container: container.name, refused: true }],
    })),
  ]
}

function routingNotes(
  words: Words,
  ports: readonly Endpoint[],
  definition: ContainerDefinition | undefined,
): readonly string[] {
  const unrouted = unroutedProblem(words, ports, definedPorts(definition))
  return [...aliasProblems(words), ...(unrouted === null ? [] : [unrouted])]
}

function judge(
  instance: Instance,
  container: string,
  endpoint: Endpoint,
  words: Words,
  notes: readonly string[],
): Result {
  const place = { container, port: endpoint.containerPort }
  const problem = violation(instance)
  if (problem !== null) return { instance: null, problems: [{ ...place, refused: true, problem }] }
  const warnings = [...notes, ...warningsOf(words, endpoint.containerPort, instance)]
  return { instance, problems: warnings.map((text) => ({ ...place, refused: false, problem: text })) }
}

function describe(
  { task, definition }: Facts,
  words: Words,
  endpoint: Endpoint,
  routed: number | null,
  registrar: Registrar,
): Pick<Instance, 'tags' | 'meta'> {
  const own = splitTags(serviceWord(words, endpoint.containerPort, 'TAGS') ?? '')
  const meta = metaWords(words, endpoint.containerPort)
  const { containerPort } = endpoint
  const routing = routingOf(words, { containerPort, routed }, { tags: own, meta })
  const forced = endpoint.protocol === 'udp' ? ['udp'] : []
  return {
    tags: [...new Set([...own, ...forced, ...routing.tags])].sort(),
    // Ours come last: a label must not be able to name another owner or task.
    meta: { ...meta, ...routing.meta, ...ownMeta(task, definition, registrar) },
  }
}

function ownMeta(task: Task, definition: TaskDefinition, registrar: Registrar): Record<string, string> {
  return {
    [entryMeta.managedBy]: managedBy,
    [entryMeta.registrar]: registrar.deployment,
    [entryMeta.taskArn]: task.arn,
    [entryMeta.taskId]: task.key.taskId,
    [entryMeta.cluster]: task.key.cluster,
    [entryMeta.account]: task.key.account,
    [entryMeta.region]: task.key.region,
    [entryMeta.revision]: definition.revision,
    ...(task.availabilityZone === null ? {} : { [entryMeta.availabilityZone]: task.availabilityZone }),
  }
}

function checkOf(
  facts: Facts,
  container: TaskContainer,
  definition: ContainerDefinition | undefined,
): CheckReason {
  if (container.lastStatus !== 'RUNNING') return 'stopped'
  if (definition?.hasHealthCheck !== true) return 'passing'
  const health = facts.health[container.name] ?? 'UNKNOWN'
  return health === 'HEALTHY' ? 'passing' : health === 'UNHEALTHY' ? 'unhealthy' : 'waiting'
}
