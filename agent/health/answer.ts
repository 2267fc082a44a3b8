import type { IncomingMessage, ServerResponse } from 'node:http'
import { explain } from '../../core/errors.ts'
import { agentMetrics } from '../../core/host/agent-metrics.ts'
import { healthOf } from '../../core/host/health.ts'
import type { HostView } from '../../core/host/host-view.ts'
import { prometheusText, prometheusType } from '../../core/host/prometheus.ts'
import type { ReloadAnswer } from '../reload-desk.ts'

/** What the endpoints ask of the agent. */
export type Subject = {
  view(): Promise<HostView>
  reload(): Promise<ReloadAnswer>
}

type Answer = { readonly status: number; readonly type: string; readonly text: string }

const json = 'application/json; charset=utf-8'

/** Answers a request. `mayReload` says whether whoever can connect here may also ask for a reload. */
export async function answer(
  subject: Subject,
  mayReload: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, text } = await answerTo(subject, mayReload, request).catch((error: unknown) => {
    return { status: 500, type: json, text: jsonText({ working: false, reason: explain(error) }) }
  })
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  }
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : text)
}

async function answerTo(subject: Subject, mayReload: boolean, request: IncomingMessage): Promise<Answer> {
  const { method = 'GET', url = '/' } = request
  const isRead = method === 'GET' || method === 'HEAD'
  const path = url.split('?')[0]
  if (path === '/healthz' && isRead) return health(await subject.view())
  if (path === '/metrics' && isRead)
    return { status: 200, type: prometheusType, text: prometheusText(agentMetrics(await subject.view())) }
  if (path === '/reload' && method === 'POST' && mayReload) {
    const result = await subject.reload()
    return { status: result.done ? 200 : 503, type: json, text: jsonText(result) }
  }
  return { status: 404, type: json, text: jsonText({ error: 'GET /healthz or /metrics' }) }
}

function health(view: HostView): Answer {
  const { working, ...rest } = healthOf(view)
  return { status: working ? 200 : 503, type: json, text: jsonText({ working, ...rest }) }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
