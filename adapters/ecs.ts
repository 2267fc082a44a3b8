import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  type ECSClientConfig,
  ListTasksCommand,
} from '@aws-sdk/client-ecs'
import { QuaysideError } from '../core/errors.ts'
import { parseTaskDefinition, type TaskDefinition } from '../core/task/definition.ts'
import { parseTask } from '../core/task/parse-task.ts'
import type { Task } from '../core/task/task.ts'
import { awsTimeouts, called } from './aws-errors.ts'
import { chunksOf } from './chunks.ts'
import { type Paced, unpaced } from './pace.ts'

export type TasksAnswer = {
  readonly tasks: readonly Task[]
  /** ARNs that ECS doesn't know (any more). */
  readonly missing: readonly string[]
  /** Tasks of a shape that isn't the documented one, left out of `tasks`: they prove nothing. */
  readonly malformed: readonly { readonly arn: string; readonly error: unknown }[]
}

export type Ecs = {
  readonly describeTasks: (cluster: string, arns: readonly string[]) => Promise<TasksAnswer>
  readonly describeTaskDefinition: (arn: string) => Promise<TaskDefinition>
  /** EC2 instance id (`i-…`, `mi-…`) per container instance ARN; unknown ones are left out. */
  readonly describeContainerInstances: (
    cluster: string,
    arns: readonly string[],
  ) => Promise<ReadonlyMap<string, string>>
  /** The same of those only that are ACTIVE and whose agent is connected. */
  readonly connectedInstances: (
    cluster: string,
    arns: readonly string[],
  ) => Promise<ReadonlyMap<string, string>>
  /** How many tasks ECS says that each of these services runs; unknown ones are left out. */
  readonly runningCounts: (
    cluster: string,
    services: readonly string[],
  ) => Promise<ReadonlyMap<string, number>>
  /** All pages of one desired status. */
  readonly listTasks: (cluster: string, desiredStatus: 'RUNNING' | 'STOPPED') => Promise<readonly string[]>
}

/** Describe calls take at most this many. */
export const describedAtOnce = 100
const batch = describedAtOnce
const servicesAtOnce = 10

/** How calls are held back: ECS counts those for definitions apart from all others. */
export type EcsPace = { readonly definitions: Paced; readonly others: Paced }

const noPace: EcsPace = { definitions: unpaced, others: unpaced }

export function createEcs(config: ECSClientConfig = {}, pace: EcsPace = noPace): Ecs {
  const plain = new ECSClient({ ...awsTimeouts, ...config })
  const client = pacedClient(plain, pace.others)
  const definitions = pacedClient(plain, pace.definitions)
  return {
    describeTasks: async (cluster, arns) => {
      // One after the other: a large cluster must not spend the account's call budget at once.
      const answers: Answer[] = []
      for (const tasks of chunksOf(arns, batch)) {
        const command = new DescribeTasksCommand({ cluster, tasks })
        answers.push(await called('ecs:DescribeTasks', () => client.send(command)))
      }
      return mergeTasks(answers)
    },
    describeTaskDefinition: async (arn) => {
      const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn })
      // An answer that can't be read is a failed call, which may succeed the next time, and no fault of whoever asked.
      return called('ecs:DescribeTaskDefinition', async () =>
        parseTaskDefinition((await definitions.send(command)).taskDefinition),
      )
    },
    describeContainerInstances: async (cluster, arns) =>
      instanceIds(await describeInstances(client, cluster, arns)),
    connectedInstances: async (cluster, arns) => {
      const found = await describeInstances(client, cluster, arns)
      return instanceIds(
        found.filter(({ status, agentConnected }) => status === 'ACTIVE' && agentConnected === true),
      )
    },
    runningCounts: async (cluster, names) => {
      const counts = new Map<string, number>()
      for (const services of chunksOf(names, servicesAtOnce)) {
        const command = new DescribeServicesCommand({ cluster, services })
        const answer = await called('ecs:DescribeServices', () => client.send(command))
        for (const { serviceName: name, runningCount: count } of answer.services ?? []) {
          if (name !== undefined) counts.set(name, count ?? 0)
        }
      }
      return counts
    },
    listTasks: (cluster, desiredStatus) => listAll(client, cluster, desiredStatus),
  }
}

type Client = Pick<ECSClient, 'send'>

/** Every call of it waits for its turn: ECS has one bucket for all callers of an account and region. */
function pacedClient(client: ECSClient, pace: Paced): Client {
  const send = (...input: Parameters<ECSClient['send']>) =>
    pace(() => client.send(...input) as unknown as Promise<unknown>)
  return { send: send as unknown as ECSClient['send'] }
}

async function describeInstances(
  client: Client,
  cluster: string,
  arns: readonly string[],
): Promise<readonly ContainerInstance[]> {
  const answers = chunksOf(arns, batch).map((containerInstances) =>
    called('ecs:DescribeContainerInstances', () =>
      client.send(new DescribeContainerInstancesCommand({ cluster, containerInstances })),
    ),
  )
  return (await Promise.all(answers)).flatMap((answer) => answer.containerInstances ?? [])
}

function instanceIds(found: readonly ContainerInstance[]): ReadonlyMap<string, string> {
  return new Map(
    found.flatMap(({ containerInstanceArn: arn, ec2InstanceId: id }) => (arn && id ? [[arn, id]] : [])),
  )
}

async function listAll(
  client: Client,
  cluster: string,
  desiredStatus: 'RUNNING' | 'STOPPED',
): Promise<readonly string[]> {
  const arns: string[] = []
  let nextToken: string | undefined
  do {
    const command: ListTasksCommand = new ListTasksCommand({ cluster, desiredStatus, nextToken })
    const page = await called('ecs:ListTasks', () => client.send(command))
    if (!Array.isArray(page.taskArns)) throw noList()
    arns.push(...page.taskArns)
    nextToken = page.nextToken
  } while (nextToken !== undefined && nextToken !== '')
  return arns
}

/** ECS lists nothing as an empty list; without any, the answer says nothing, least of all that the cluster is empty. */
function noList(): QuaysideError {
  return new QuaysideError('AWS_FAILED', 'ecs:ListTasks answered without a list of tasks.')
}

type Answer = {
  readonly tasks?: readonly { readonly taskArn?: string | undefined }[] | undefined
  readonly failures?:
    | readonly { readonly arn?: string | undefined; readonly reason?: string | undefined }[]
    | undefined
}

function mergeTasks(answers: readonly Answer[]): TasksAnswer {
  const failures = answers.flatMap((answer) => answer.failures ?? [])
  const missing = failures.flatMap(({ arn, reason }) => (reason === 'MISSING' && arn ? [arn] : []))
  const tasks: Task[] = []
  const malformed: { arn: string; error: unknown }[] = []
  for (const task of answers.flatMap((answer) => answer.tasks ?? [])) {
    try {
      tasks.push(parseTask(task, 'task'))
    } catch (error) {
      malformed.push({ arn: task.taskArn ?? 'without an ARN', error })
    }
  }
  return { tasks, missing, malformed }
}
