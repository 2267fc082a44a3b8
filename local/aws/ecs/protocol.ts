import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Fault, type Reply, readBody, sendReply } from '../http-server.ts'
import {
  describeClusters,
  describeContainerInstances,
  listClusters,
  listContainerInstances,
} from './actions/clusters.ts'
import type { Input } from './actions/input.ts'
import { describeServices, listServices, updateServiceAction } from './actions/services.ts'
import { describeTaskDefinition } from './actions/task-definitions.ts'
import { describeTasks, listTasks, stopTaskAction } from './actions/tasks.ts'
import { EcsError } from './errors.ts'
import type { Plane } from './plane.ts'

export type EcsRequest = { readonly action: string; readonly input: Input }
export type EcsFaults = (request: EcsRequest) => Fault | undefined

const actions: Readonly<Record<string, (plane: Plane, input: Input) => object>> = {
  DescribeClusters: describeClusters,
  DescribeContainerInstances: describeContainerInstances,
  DescribeServices: describeServices,
  DescribeTaskDefinition: describeTaskDefinition,
  DescribeTasks: describeTasks,
  ListClusters: listClusters,
  ListContainerInstances: listContainerInstances,
  ListServices: listServices,
  ListTasks: listTasks,
  StopTask: stopTaskAction,
  UpdateService: updateServiceAction,
}

const target = /^AmazonEC2ContainerServiceV20141113\.(\w+)$/

/**
 * Serves one request of the AWS JSON 1.1 protocol: the action's name in a header, its input and output as JSON.
 */
export async function handleEcs(
  plane: Plane,
  message: IncomingMessage,
  response: ServerResponse,
  onRequest: EcsFaults,
): Promise<void> {
  const body = await readBody(message, 1024 * 1024)
  try {
    const request = parse(message, body)
    const fault = onRequest(request)
    if (fault === 'reset') return void message.socket.resetAndDestroy()
    await applyFault(fault)
    const output = actions[request.action]?.(plane, request.input)
    if (output === undefined)
      throw new EcsError('UnknownOperationException', `no action ${request.action} here`)
    sendReply(response, json(200, output), fault === 'truncate' ? fault : undefined)
  } catch (error) {
    sendReply(response, errorReply(error))
  }
}

function parse(message: IncomingMessage, body: Buffer | undefined): EcsRequest {
  const header = String(message.headers['x-amz-target'] ?? '')
  const action = target.exec(header)?.[1]
  if (action === undefined)
    throw new EcsError('UnknownOperationException', `X-Amz-Target names no ECS action: "${header}"`)
  try {
    return { action, input: JSON.parse(body?.toString() || '{}') as Input }
  } catch {
    throw new EcsError('SerializationException', 'The body is not JSON')
  }
}

async function applyFault(fault: Fault | undefined): Promise<void> {
  if (typeof fault !== 'object') return
  if (fault.delayMs !== undefined) await delay(fault.delayMs)
  if (fault.code === undefined && fault.status === undefined) return
  throw new EcsError(fault.code ?? 'ServerException', fault.message ?? 'A fault was asked for', fault.status)
}

function errorReply(error: unknown): Reply {
  if (error instanceof EcsError) return json(error.status, { __type: error.type, message: error.message })
  return json(500, { __type: 'ServerException', message: String(error) })
}

function json(status: number, value: object): Reply {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(value) }
}
