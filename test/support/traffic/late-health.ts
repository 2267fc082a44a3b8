import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export type LateHealth = {
  readonly url: string
  /** From now on health is shown this much later than the task's start. */
  readonly lateBy: (ms: number) => void
}

type Described = { readonly tasks?: readonly DescribedTask[] }
type DescribedTask = {
  readonly startedAt?: number
  readonly healthStatus?: string
  readonly containers?: readonly { readonly healthStatus?: string }[]
}

/** ECS's API as it looks to one who hears late that a task is healthy, while ECS itself acts on it at once. */
export async function startLateHealth(t: TestContext, ecsUrl: string): Promise<LateHealth> {
  let lateMs = 0
  const hide = (task: DescribedTask): DescribedTask => {
    // The API gives seconds.
    const isEarly = task.startedAt !== undefined && Date.now() - task.startedAt * 1_000 < lateMs
    if (!isEarly) return task
    const containers = (task.containers ?? []).map((one) =>
      one.healthStatus === 'HEALTHY' ? { ...one, healthStatus: 'UNKNOWN' } : one,
    )
    return { ...task, containers, ...(task.healthStatus === 'HEALTHY' ? { healthStatus: 'UNKNOWN' } : {}) }
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = String(request.headers['x-amz-target'] ?? '')
    const headers = { 'content-type': String(request.headers['content-type']), 'x-amz-target': target }
    const answer = await fetch(ecsUrl, { method: 'POST', headers, body: await text(request) })
    const body = (await answer.json()) as Described
    const shown = target.endsWith('.DescribeTasks') ? { ...body, tasks: (body.tasks ?? []).map(hide) } : body
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(shown))
  }

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    lateBy: (ms) => {
      lateMs = ms
    },
  }
}
