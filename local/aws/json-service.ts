import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Fault, type Reply, readBody, sendReply } from './http-server.ts'

export type JsonInput = Readonly<Record<string, unknown>>
export type JsonRequest = { readonly action: string; readonly input: JsonInput }
export type JsonFaults = (request: JsonRequest) => Fault | undefined

/** An AWS API of the JSON 1.1 protocol: the action's name in a header, its input and output as JSON. */
export type JsonService = {
  /** What stands before the action in the header `X-Amz-Target`. */
  readonly target: string
  readonly actions: Readonly<Record<string, (input: JsonInput) => object | Promise<object>>>
  /** Told of each request before it is carried out. */
  readonly onRequest?: JsonFaults
}

/** An error of such an API: the SDK makes an exception of that type of it. */
export class JsonError extends Error {
  readonly type: string
  readonly status: number

  constructor(type: string, message: string, status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}

/** Serves one request. */
export async function handleJson(
  service: JsonService,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(message, 1024 * 1024)
  try {
    const request = parse(service, message, body)
    const fault = service.onRequest?.(request)
    if (fault === 'reset') return void message.socket.resetAndDestroy()
    await applyFault(fault)
    const output = await service.actions[request.action]?.(request.input)
    if (output === undefined)
      throw new JsonError('UnknownOperationException', `no action ${request.action} here`)
    sendReply(response, json(200, output), fault === 'truncate' ? fault : undefined)
  } catch (error) {
    sendReply(response, errorReply(error))
  }
}

function parse({ target }: JsonService, message: IncomingMessage, body: Buffer | undefined): JsonRequest {
  const header = String(message.headers['x-amz-target'] ?? '')
  const [named, action = ''] = header.split('.')
  if (named !== target || !/^\w+$/.test(action))
    throw new JsonError('UnknownOperationException', `X-Amz-Target names no action of ${target}: "${header}"`)
  try {
    return { action, input: JSON.parse(body?.toString() || '{}') as JsonInput }
  } catch {
    throw new JsonError('SerializationException', 'The body is not JSON')
  }
}

async function applyFault(fault: Fault | undefined): Promise<void> {
  if (typeof fault !== 'object') return
  if (fault.delayMs !== undefined) await delay(fault.delayMs)
  if (fault.code === undefined && fault.status === undefined) return
  throw new JsonError(fault.code ?? 'ServerException', fault.message ?? 'A fault was asked for', fault.status)
}

function errorReply(error: unknown): Reply {
  if (error instanceof JsonError) return json(error.status, { __type: error.type, message: error.message })
  return json(500, { __type: 'ServerException', message: String(error) })
}

function json(status: number, value: object): Reply {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(value) }
}
