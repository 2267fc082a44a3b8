import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { TxnOp } from '../core/txn/op.ts'

/** One request as undici put it on the wire, whoever made it in this process. */
export type WireRequest = { readonly method: string; readonly path: string; readonly body: string | null }

/** One operation that changes something, in a transaction or as a request of its own. */
export type WireWrite = { readonly what: string; readonly key: string | null }

export type Wire = { readonly stop: () => readonly WireRequest[] }

const channel = 'undici:request:create'

/** Records each request to Consul as it is sent, so that a benchmark counts what was asked and not what we think we asked. */
export function recordWire(): Wire {
  const seen: { readonly method: string; readonly path: string; readonly body: unknown }[] = []
  const note = (message: unknown) => {
    const { request } = message as { request: { method: string; path: string; body: unknown } }
    seen.push({ method: request.method, path: request.path, body: request.body })
  }
  subscribe(channel, note)
  return {
    stop: () => {
      unsubscribe(channel, note)
      // The bodies become texts only now: not while somebody is being measured.
      return seen.map(({ method, path, body }) => ({ method, path, body: textOf(body) }))
    },
  }
}

function textOf(body: unknown): string | null {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : null
}

/** The operations of a transaction; null for any other request. */
export function opsOf({ path, body }: WireRequest): readonly TxnOp[] | null {
  return path.startsWith('/v1/txn') && body !== null ? JSON.parse(body) : null
}

export function isRead(op: TxnOp): boolean {
  return 'KV' in op && /^get|^check/.test(op.KV.Verb)
}

/** What a request writes: nothing for a read, one or many operations for a transaction, itself for any other PUT or DELETE. */
export function writesOf(request: WireRequest): readonly WireWrite[] {
  if (request.method === 'GET') return []
  const ops = opsOf(request)
  if (ops === null) {
    const path = request.path.split('?')[0] ?? ''
    const key = path.startsWith('/v1/kv/') ? decodeURIComponent(path.slice('/v1/kv/'.length)) : null
    return [{ what: `${request.method} ${path}`, key }]
  }
  return ops
    .filter((op) => !isRead(op))
    .map((op) => {
      const [kind = '', body] = Object.entries(op)[0] ?? []
      return { what: `${kind} ${body.Verb}`, key: 'KV' in op ? op.KV.Key : null }
    })
}
