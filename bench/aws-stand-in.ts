import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AwsConfigs } from '../functions/register/deps.ts'
import { type LocalServer, listenHttp, type Reply, readBody, sendReply } from '../local/aws/http-server.ts'
import { described, type FleetTask, hostAddress, hostInstance, type TaskState } from './fleet.ts'

/** What the stand-in was asked: `service:Action`, by whom, and for a task definition which one. */
export type AwsCall = { readonly caller: string; readonly action: string; readonly subject: string | null }

/** An ECS, EC2 and SQS that answer at once from a map, so that a benchmark measures us and not them. */
export type AwsStandIn = {
  /** SDK settings for one process that calls; its calls are told apart by the name. */
  readonly configs: (caller: string) => Required<Omit<AwsConfigs, 'sts'>>
  readonly calls: AwsCall[]
  /** The truth of ECS by task id; benchmarks change it. */
  readonly tasks: Map<string, { readonly task: FleetTask; readonly state: TaskState }>
  readonly close: () => Promise<void>
}

const pageSize = 100
const since = Date.now()

type Input = Readonly<Record<string, unknown>>
type Answer = (input: Input, aws: Pick<AwsStandIn, 'tasks'>, definitions: Definitions) => object
type Definitions = ReadonlyMap<string, FleetTask['definition']>

export async function startAwsStandIn(fleet: readonly FleetTask[]): Promise<AwsStandIn> {
  const definitions = new Map(fleet.map(({ definition }) => [definition.taskDefinitionArn, definition]))
  const calls: AwsCall[] = []
  const tasks: AwsStandIn['tasks'] = new Map()
  const server: LocalServer = await listenHttp(async (message, response) => {
    const body = (await readBody(message, 4 * 1024 * 1024))?.toString() ?? ''
    const caller = message.url?.split('/')[1] ?? ''
    const count = (action: string, subject: string | null) => calls.push({ caller, action, subject })
    sendReply(response, answer(message, body, count, { tasks, definitions }))
  })
  return {
    configs: (caller) => {
      const shared = {
        endpoint: `${server.url}/${caller}`,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'AKIDBENCH', secretAccessKey: 'bench-secret' },
      }
      return { ecs: shared, ec2: shared, sqs: shared, ssm: shared }
    },
    calls,
    tasks,
    close: server.close,
  }
}

function answer(
  message: IncomingMessage,
  body: string,
  count: (action: string, subject: string | null) => void,
  world: Pick<AwsStandIn, 'tasks'> & { readonly definitions: Definitions },
): Reply {
  const target = String(message.headers['x-amz-target'] ?? '')
  if (target === '') {
    count('ec2:DescribeInstances', null)
    const headers = { 'content-type': 'text/xml;charset=UTF-8' }
    return { status: 200, headers, body: instancesXml(new URLSearchParams(body)) }
  }
  const action = `${target.startsWith('AmazonSQS') ? 'sqs' : 'ecs'}:${target.split('.')[1]}`
  const input: Input = JSON.parse(body || '{}')
  count(action, typeof input.taskDefinition === 'string' ? input.taskDefinition : null)
  const found = actions[action]
  const headers = { 'content-type': message.headers['content-type'] ?? 'application/x-amz-json-1.1' }
  if (found === undefined) return { status: 400, headers, body: '{"__type":"UnknownOperationException"}' }
  return { status: 200, headers, body: JSON.stringify(found(input, world, world.definitions)) }
}

const actions: Readonly<Record<string, Answer>> = {
  'ecs:DescribeTaskDefinition': (input, _world, definitions) => {
    return { taskDefinition: definitions.get(String(input.taskDefinition)) }
  },
  'ecs:DescribeContainerInstances': (input) => ({
    containerInstances: texts(input.containerInstances).map((containerInstanceArn) => {
      const ec2InstanceId = hostInstance(idOf(containerInstanceArn))
      return { containerInstanceArn, ec2InstanceId, status: 'ACTIVE', agentConnected: true }
    }),
  }),
  'ecs:DescribeTasks': (input, { tasks }) => {
    const asked = texts(input.tasks).map((arn) => ({ arn, known: tasks.get(idOf(arn)) }))
    return {
      tasks: asked.flatMap(({ known }) =>
        known === undefined ? [] : [described(known.task, known.state, since)],
      ),
      failures: asked.flatMap(({ arn, known }) => (known === undefined ? [{ arn, reason: 'MISSING' }] : [])),
    }
  },
  'ecs:ListTasks': (input, { tasks }) => {
    const wanted = [...tasks.values()].filter(
      ({ state }) => (state === 'running' ? 'RUNNING' : 'STOPPED') === input.desiredStatus,
    )
    const from = Number(input.nextToken ?? 0)
    const next = from + pageSize < wanted.length ? { nextToken: String(from + pageSize) } : {}
    return { taskArns: wanted.slice(from, from + pageSize).map(({ task }) => task.arn), ...next }
  },
  'sqs:SendMessageBatch': (input) => ({
    Successful: entriesOf(input).map(({ Id, MessageBody }) => {
      return { Id, MessageId: Id, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') }
    }),
    Failed: [],
  }),
  'sqs:ChangeMessageVisibility': () => ({}),
}

/** DescribeInstances by the filter `instance-id`, in the Query protocol. */
function instancesXml(parameters: URLSearchParams): string {
  const ids = [...parameters].filter(([key]) => key.startsWith('Filter.1.Value.')).map(([, id]) => id)
  const items = ids.map((id) => {
    const address = hostAddress(`c${Number(id.slice(-11))}`)
    return (
      `<item><instancesSet><item><instanceId>${id}</instanceId>` +
      `<privateIpAddress>${address}</privateIpAddress></item></instancesSet></item>`
    )
  })
  return `<DescribeInstancesResponse><reservationSet>${items.join('')}</reservationSet></DescribeInstancesResponse>`
}

function entriesOf({ Entries }: Input): readonly { readonly Id: string; readonly MessageBody: string }[] {
  return Array.isArray(Entries) ? Entries : []
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}
