import { Pool } from 'undici'
import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { checkOutputs, nodeName } from '../../core/catalog/entry.ts'
import type { LedgerInstance } from '../../core/ledger/ledger.ts'
import type { Instance } from '../../core/task/instance.ts'
import { checkBody, serviceBody } from '../../core/txn/op.ts'
import { cluster, type FleetTask } from '../fleet.ts'
import type { StormEvent } from './storm.ts'

/**
 * The same events by a registrar of the agent's kind: one PUT per instance and event, each after the answer to the one before, on
 * one connection that is kept open. A start is a register of service and check together, a drain sets the check, a stop is a
 * deregister by service id. The services and checks are the handler's, byte for byte; there is no ledger. HTTP/1.1 over TLS,
 * because here it is faster than HTTP/2 for one request at a time. Returns the milliseconds.
 */
export async function registerOneAtATime(
  events: readonly StormEvent[],
  access: ConsulAccess,
  instances: ReadonlyMap<string, Instance>,
): Promise<number> {
  const { ca, serverName = '' } = access
  const connect = { ...(ca === undefined ? {} : { ca }), servername: serverName }
  const pool = new Pool(access.addresses[0] ?? '', { connections: 1, allowH2: false, connect })
  try {
    const began = performance.now()
    for (const event of events) {
      const instance = instances.get(event.task.id)
      if (instance === undefined) throw new Error(`nothing was registered for task ${event.task.id}`)
      await put(pool, requestOf(event, instance))
    }
    return performance.now() - began
  } finally {
    await pool.destroy()
  }
}

type Put = { readonly path: string; readonly body: object }

const node = nodeName(cluster)

function requestOf({ state }: StormEvent, instance: Instance): Put {
  const Node = node
  if (state === 'stopped') return { path: '/v1/catalog/deregister', body: { Node, ServiceID: instance.id } }
  const place = { Node, SkipNodeUpdate: true, Address: '192.0.2.1' }
  const check = checkBody(node, instance, state === 'running' ? 'passing' : 'draining')
  const service = state === 'running' ? { Service: serviceBody(instance) } : {}
  return { path: '/v1/catalog/register', body: { ...place, ...service, Check: check } }
}

async function put(pool: Pool, { path, body }: Put): Promise<void> {
  const answer = await pool.request({
    method: 'PUT',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`Consul answered ${answer.statusCode} to ${path}: ${text}`)
}
