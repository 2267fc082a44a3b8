import { byText } from '../../core/canonical.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { Resolved } from '../../core/ledger/make-fact.ts'
import type { TaskDefinition } from '../../core/task/definition.ts'
import { type HostAddresses, needsHost, type TaskHost } from '../../core/task/ports.ts'
import type { Task } from '../../core/task/task.ts'

export type ResolveDeps = {
  readonly describeTaskDefinition: (arn: string) => Promise<TaskDefinition>
  readonly describeContainerInstances: (
    cluster: string,
    arns: readonly string[],
  ) => Promise<ReadonlyMap<string, string>>
  readonly hostAddresses: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, HostAddresses>>
  /** The same for machines outside EC2 (`mi-…`). */
  readonly managedAddresses: (ids: readonly string[]) => Promise<ReadonlyMap<string, HostAddresses>>
  readonly now: () => number
}

/** Looks up what live tasks need, batched and cached. The function per task throws what went wrong for that task. */
export type Resolve = (tasks: readonly Task[]) => Promise<(task: Task) => Resolved>

const definitionsKept = 500
const hostKeptMs = 24 * 3_600_000

// A new instance may not be known to EC2 yet, so what wasn't found is asked again soon.
const unknownKeptMs = 5_000

export function createResolve(deps: ResolveDeps): Resolve {
  // A revision never changes, so its definition is kept for as long as there is room.
  const definitions = new Map<string, TaskDefinition>()
  const describe = sharedByKey(deps.describeTaskDefinition)
  const hosts = new Map<string, KnownHost>()

  return async (tasks) => {
    const failures = new Map<string, unknown>()
    await addDefinitions(tasks, definitions, failures, describe)
    await addHosts(tasks, definitions, hosts, failures, deps)
    return (task) => {
      const definition = definitions.get(task.taskDefinitionArn)
      const failure = failures.get(task.taskDefinitionArn) ?? failures.get(task.containerInstanceArn ?? '')
      if (failure !== undefined) throw failure
      if (definition === undefined) throw unresolved(task)
      return { definition, host: hosts.get(task.containerInstanceArn ?? '')?.host ?? null }
    }
  }
}

/** Whoever asks for the same while it is being looked up gets the same answer. */
function sharedByKey<T>(look: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  return (key) => {
    const known = running.get(key) ?? look(key).finally(() => running.delete(key))
    running.set(key, known)
    return known
  }
}

type KnownHost = {
  readonly host: TaskHost | null
  /** Whether its address was asked for. */
  readonly addressed: boolean
  readonly until: number
}
type Hosts = Map<string, KnownHost>

async function addDefinitions(
  tasks: readonly Task[],
  known: Map<string, TaskDefinition>,
  failures: Map<string, unknown>,
  describe: ResolveDeps['describeTaskDefinition'],
): Promise<void> {
  const missing = new Set(tasks.map((task) => task.taskDefinitionArn).filter((arn) => !known.has(arn)))
  for (const old of [...known.keys()].slice(0, known.size + missing.size - definitionsKept)) known.delete(old)
  await Promise.all(
    [...missing].map(async (arn) => {
      try {
        known.set(arn, await describe(arn))
      } catch (error) {
        failures.set(arn, error)
      }
    }),
  )
}

async function addHosts(
  tasks: readonly Task[],
  definitions: ReadonlyMap<string, TaskDefinition>,
  hosts: Hosts,
  failures: Map<string, unknown>,
  deps: ResolveDeps,
): Promise<void> {
  const now = deps.now()
  const wanted = tasks.filter((task) => {
    if (task.containerInstanceArn === null || !definitions.has(task.taskDefinitionArn)) return false
    const known = hosts.get(task.containerInstanceArn)
    return known === undefined || known.until <= now || (needsAddress(task, definitions) && !known.addressed)
  })
  for (const [cluster, members] of Map.groupBy(wanted, ({ clusterArn }) => clusterArn)) {
    const arns = [...new Set(members.flatMap(({ containerInstanceArn }) => containerInstanceArn ?? []))]
    const addressed = new Set(
      members.filter((task) => needsAddress(task, definitions)).map((task) => task.containerInstanceArn),
    )
    try {
      await describeHosts(cluster, arns.toSorted(byText), addressed, hosts, deps)
    } catch (error) {
      for (const arn of arns) failures.set(arn, error)
    }
  }
}

/** A task with its own interface needs its host's id only, for the index of lost hosts; no call to EC2 is made for it. */
function needsAddress(task: Task, definitions: ReadonlyMap<string, TaskDefinition>): boolean {
  const definition = definitions.get(task.taskDefinitionArn)
  return definition !== undefined && needsHost(definition)
}

async function describeHosts(
  cluster: string,
  arns: readonly string[],
  addressed: ReadonlySet<string | null>,
  hosts: Hosts,
  deps: ResolveDeps,
): Promise<void> {
  const ids = await deps.describeContainerInstances(cluster, arns)
  const asked = new Set(arns.filter((arn) => addressed.has(arn)).flatMap((arn) => ids.get(arn) ?? []))
  const addresses = await addressesOf([...asked], deps)
  for (const arn of arns) {
    const instanceId = ids.get(arn)
    const known = addresses.get(instanceId ?? '') ?? { address: null, address6: null }
    const host = instanceId === undefined ? null : { instanceId, ...known }
    const open = host === null || (asked.has(host.instanceId) && !addresses.has(host.instanceId))
    const until = deps.now() + (open ? unknownKeptMs : hostKeptMs)
    hosts.set(arn, { host, addressed: addressed.has(arn), until })
  }
}

/** Never asks with an empty list: EC2 would answer with every instance there is. */
async function addressesOf(
  ids: readonly string[],
  deps: ResolveDeps,
): Promise<ReadonlyMap<string, HostAddresses>> {
  const managed = ids.filter((id) => id.startsWith('mi-'))
  const inEc2 = ids.filter((id) => !id.startsWith('mi-'))
  const answers = await Promise.all([
    managed.length === 0 ? [] : deps.managedAddresses(managed),
    inEc2.length === 0 ? [] : deps.hostAddresses(inEc2),
  ])
  return new Map(answers.flatMap((answer) => [...answer]))
}

function unresolved(task: Task): QuaysideError {
  return new QuaysideError(
    'TASK_UNRESOLVED',
    `The task definition ${task.taskDefinitionArn} of task ${task.arn} isn't known yet.`,
  )
}
