import { parseEntry } from '../../../core/ledger/serialise.ts'
import type { MemoryConsul } from '../memory-consul/create-memory-consul.ts'
import type { Meddling } from './steps.ts'
import { folder, node } from './watchdog.ts'

/** Somebody else changes our entries, without a word. Returns the id of the task that was hit. */
export async function meddle(consul: MemoryConsul, how: Meddling, pick: number): Promise<string | null> {
  if (how === 'delete-ledger') return deleteLedger(consul, pick)
  const services = [...(consul.store().services.get(node)?.values() ?? [])]
  const service = services[pick % Math.max(1, services.length)]
  if (service === undefined) return null
  const { id, meta, weights } = service
  const Service = {
    ID: id,
    Service: service.service,
    Address: '10.9.9.9',
    Port: service.port,
    Tags: service.tags,
    Meta: meta,
    Weights: weights,
  }
  const Status = how === 'pass-check' ? 'passing' : 'critical'
  const Check = {
    Node: node,
    CheckID: `${id}:ecs`,
    Name: 'ECS task',
    Status,
    Output: 'meddled',
    ServiceID: id,
    ServiceName: service.service,
  }
  const op =
    how === 'delete-service'
      ? { Service: { Verb: 'delete', Node: node, Service } }
      : how === 'change-address'
        ? { Service: { Verb: 'set', Node: node, Service } }
        : { Check: { Verb: 'set', Check } }
  await consul.request({ method: 'PUT', path: '/v1/txn', body: [op] })
  return meta?.['task-id'] ?? null
}

/** Of a live task only: the entry of one that stopped is what keeps it stopped, and nothing could make up for it. */
async function deleteLedger(consul: MemoryConsul, pick: number): Promise<string | null> {
  const live = [...consul.store().kv.values()].filter(({ key, value }) => {
    if (!key.startsWith(folder)) return false
    return parseEntry(Buffer.from(value ?? '', 'base64').toString(), key).phase === 'live'
  })
  const key = live[pick % Math.max(1, live.length)]?.key
  if (key === undefined) return null
  await consul.request({ method: 'PUT', path: '/v1/txn', body: [{ KV: { Verb: 'delete', Key: key } }] })
  return key.slice(folder.length)
}
