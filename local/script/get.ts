import { Agent, get as httpGet, type IncomingMessage } from 'node:http'

export type Answer = {
  readonly status: number
  readonly body: string
  readonly taskId: string | null
  readonly retryAfter: string | null
}

/** A request that got no answer; `reset` is true where a reused connection was cut before any byte came back. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer' as const
  readonly reset: boolean

  constructor(message: string, reset: boolean, options: ErrorOptions) {
    super(message, options)
    this.reset = reset
  }
}

const timeoutMs = 10_000

/** One GET through a given connection pool; `false` opens a connection of its own, as a newcomer's browser does. */
export function get(url: string, hostName: string, agent: Agent | false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent, headers: { host: hostName }, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => resolve(toAnswer(response, Buffer.concat(chunks).toString())))
    })
    const fail = (cause: Error & { code?: string }) =>
      reject(new NoAnswer(`GET ${url}: ${cause.message}`, request.reusedSocket && isReset(cause), { cause }))
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', fail)
  })
}

/** A pool of kept-alive connections, as a browser or a load balancer in front holds them. */
export function keepAlivePool(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 4 })
}

function toAnswer(response: IncomingMessage, body: string): Answer {
  const header = (name: string) => {
    const value = response.headers[name]
    return typeof value === 'string' ? value : null
  }
  return {
    status: response.statusCode ?? 0,
    body: body.trim(),
    taskId: header('x-task-id'),
    retryAfter: header('retry-after'),
  }
}

function isReset(error: { code?: string; message: string }): boolean {
  return error.code === 'ECONNRESET' || error.message === 'socket hang up'
}
