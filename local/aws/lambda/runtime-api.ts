import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type LocalServer, listenHttp, readBody, sendReply } from '../http-server.ts'

/** The side of Lambda's Runtime API that one sandbox talks to: it asks for the next invocation and posts what came of it. */
export type RuntimeApi = LocalServer & {
  /** Fulfilled when the sandbox asks for its first invocation; rejected with what it says if its bundle can't be loaded. */
  readonly ready: Promise<void>
  /** One at a time. Rejects with what the handler threw. */
  invoke(event: unknown, timeoutMs: number): Promise<unknown>
}

type Failure = { readonly errorType: string; readonly errorMessage: string }

const longestBody = 6 * 1024 * 1024
const prefix = '/2018-06-01/runtime'

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => {})
  let asking = Promise.withResolvers<ServerResponse>()
  let answer: { readonly id: string; readonly result: PromiseWithResolvers<unknown> } | null = null

  const server = await listenHttp(async (request, response) => {
    const path = (request.url ?? '').replace(prefix, '')
    if (path === '/invocation/next') {
      ready.resolve()
      asking.resolve(response)
      return
    }
    const text = (await readBody(request, longestBody))?.toString() ?? 'null'
    const [, id, outcome] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
    if (path === '/init/error') ready.reject(failed(JSON.parse(text)))
    else if (id === answer?.id && outcome === 'response') answer?.result.resolve(JSON.parse(text))
    else if (id === answer?.id) answer?.result.reject(failed(JSON.parse(text)))
    sendReply(response, { status: 202, body: '{}' })
  })

  async function invoke(event: unknown, timeoutMs: number): Promise<unknown> {
    const response = await asking.promise
    asking = Promise.withResolvers()
    const current = { id: randomUUID(), result: Promise.withResolvers<unknown>() }
    answer = current
    const headers = {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': current.id,
      'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
    }
    sendReply(response, { status: 200, headers, body: JSON.stringify(event) })
    return current.result.promise
  }

  return { ...server, ready: ready.promise, invoke }
}

function failed({ errorType, errorMessage }: Failure): Error {
  return Object.assign(new Error(errorMessage), { name: errorType })
}
