import type { TestContext } from 'node:test'
import type { ServiceOp, TxnOp } from '../../core/txn/op.ts'
import { listenHttp, readBody } from '../../local/aws/http-server.ts'

/** One request as it came over the wire. */
export type WireRequest = { readonly method: string; readonly path: string; readonly body: unknown }

export type WireLog = {
  /** The address to give to clients in place of the server's. */
  readonly url: string
  readonly requests: WireRequest[]
}

/** Stands between clients and a server on plain HTTP, passes everything on as it is, and remembers what was asked. */
export async function startWireLog(t: TestContext, target: string): Promise<WireLog> {
  const requests: WireRequest[] = []
  const server = await listenHttp(async (request, response) => {
    const { method = 'GET', url = '/' } = request
    const body = (await readBody(request, 16 << 20))?.toString('utf8') ?? ''
    requests.push({ method, path: url.split('?')[0] ?? url, body: parsed(body) })
    const answer = await fetch(new URL(url, target), {
      method,
      ...(method === 'GET' ? {} : { body }),
    })
    const index = answer.headers.get('x-consul-index')
    response.writeHead(answer.status, index === null ? {} : { 'x-consul-index': index })
    response.end(await answer.text())
  })
  t.after(() => server.close())
  return { url: server.url, requests }
}

/** All operations of all transactions. */
export function operations(requests: readonly WireRequest[]): readonly TxnOp[] {
  return requests.filter(({ path }) => path === '/v1/txn').flatMap(({ body }) => body as readonly TxnOp[])
}

/** The service operations with this verb. */
export function serviceOps(ops: readonly TxnOp[], verb: ServiceOp['Verb']): readonly ServiceOp[] {
  return ops.flatMap((op) => ('Service' in op && op.Service.Verb === verb ? [op.Service] : []))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
