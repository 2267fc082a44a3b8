import type { IncomingMessage } from 'node:http'

export type Upstream = 'ecs' | 'ec2' | 'consul' | 'sqs'

/** One request that a function made, as the proxy saw it. */
export type Call = {
  readonly upstream: Upstream
  /** What it asks for, the same in every pass: `ecs ListTasks STOPPED #1`, `consul PUT /v1/txn KV cas …/leases…`. */
  readonly label: string
  readonly method: string
  readonly url: string
  readonly body: string
}

/** Names a request without what changes from pass to pass: ids of tasks, indexes, values, tokens of pages. */
export function labelOf(upstream: Upstream, request: IncomingMessage, body: string): string {
  const { method = 'GET', url = '/' } = request
  if (upstream === 'consul') return `consul ${method} ${consulLabel(url, body)}`
  if (upstream === 'ec2') return `ec2 ${new URLSearchParams(body).get('Action')}`
  const action = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '')
  const status = action === 'ListTasks' ? ` ${JSON.parse(body).desiredStatus}` : ''
  return `${upstream} ${action}${status}`
}

type TxnBody = readonly Readonly<Record<string, { readonly Verb: string; readonly Key?: string }>>[]

function consulLabel(url: string, body: string): string {
  if (!url.startsWith('/v1/txn')) return decodeURIComponent(url)
  const [first] = JSON.parse(body) as TxnBody
  const [[kind, op] = ['nothing', undefined]] = Object.entries(first ?? {})
  // The folder says which keys these are; the last part may be a task's id.
  const folder = op?.Key?.split('/').slice(0, 2).join('/') ?? ''
  return `/v1/txn ${kind} ${op?.Verb} ${folder}`.trimEnd()
}
