import { Agent, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { TestContext } from 'node:test'
import { listenHttp, type Reply, readBody, sendReply } from '../../../local/aws/http-server.ts'
import { type Call, labelOf, type Upstream } from './call.ts'
import { type FaultKind, falseReply } from './kinds.ts'

/** Decides per call; null lets it through. */
export type FaultPlan = (call: Call) => FaultKind | null

export type FaultProxies = {
  /** Where each upstream is reached now. */
  readonly urls: Readonly<Record<Upstream, string>>
  /** All calls since the plan was set, in order of arrival. */
  readonly calls: readonly Call[]
  /** Begins anew with this plan; null passes everything on. */
  readonly setPlan: (plan: FaultPlan | null) => void
}

/** Stands between the functions and everything that they call over HTTP; ends with the test. */
export async function startFaultProxies(
  t: TestContext,
  targets: Readonly<Record<Upstream, string>>,
): Promise<FaultProxies> {
  let plan: FaultPlan | null = null
  let calls: Call[] = []
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const urls: Record<string, string> = {}
  for (const [upstream, target] of Object.entries(targets) as [Upstream, string][]) {
    const server = await listenHttp(async (message, response) => {
      const body = (await readBody(message, 16 << 20))?.toString() ?? ''
      const call = callOf(upstream, message, body, calls)
      calls.push(call)
      const kind = plan?.(call) ?? null
      if (kind !== null && fail(kind, call, message, response)) return
      const reply = await forward(agent, target, message, body)
      if (kind === 'stalled') sendHalf(response, reply)
      else sendReply(response, reply, kind === null ? undefined : 'truncate')
    })
    t.after(() => server.close())
    urls[upstream] = server.url
  }
  return {
    urls: urls as Record<Upstream, string>,
    get calls() {
      return calls
    },
    setPlan: (next) => {
      plan = next
      calls = []
    },
  }
}

function callOf(upstream: Upstream, message: IncomingMessage, body: string, before: readonly Call[]): Call {
  const words = labelOf(upstream, message, body)
  const { method = 'GET', url = '/' } = message
  // A repetition is the same call: it must meet the same fault.
  const again = before.find((call) => call.upstream === upstream && call.url === url && call.body === body)
  const others = new Set(
    before.filter(({ label }) => label.startsWith(`${words} #`)).map(({ label }) => label),
  )
  return { upstream, method, url, body, label: again?.label ?? `${words} #${others.size + 1}` }
}

/** False where the answer is needed first, to cut it in half. */
function fail(kind: FaultKind, call: Call, message: IncomingMessage, response: ServerResponse): boolean {
  if (kind === 'truncated' || kind === 'stalled') return false
  // The client's own limit ends it.
  if (kind === 'timeout') return true
  const reply = falseReply(kind, call)
  if (reply === null) message.socket.resetAndDestroy()
  else sendReply(response, reply)
  return true
}

/** Announces all of the body, sends half of it, and then nothing more. */
function sendHalf(response: ServerResponse, { status, headers, body = '' }: Reply): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length + 1) })
  response.write(bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2))))
}

function forward(agent: Agent, target: string, message: IncomingMessage, body: string): Promise<Reply> {
  const { host: _host, connection: _connection, 'transfer-encoding': _encoding, ...headers } = message.headers
  const { method = 'GET', url = '/' } = message
  return new Promise((resolve, reject) => {
    const outgoing = send(new URL(url, target), { method, headers, agent }, (answer) => {
      readBody(answer, 64 << 20).then((bytes) => {
        const {
          'transfer-encoding': _chunked,
          'content-length': _length,
          connection: _kept,
          ...rest
        } = answer.headers
        resolve({
          status: answer.statusCode ?? 502,
          headers: rest as Record<string, string>,
          body: bytes ?? '',
        })
      }, reject)
    })
    outgoing.once('error', reject).end(body)
  })
}
