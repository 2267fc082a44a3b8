import { folder, node, type SeenConsul } from './consul-view.ts'
import type { Meddling } from './steps.ts'

/** Somebody else changes our entries, without a word. Returns the id of the task that was hit. */
export async function meddle(consul: SeenConsul, how: Meddling, pick: number): Promise<string | null> {
  if (how === 'delete-ledger') return deleteLedger(consul, pick)
  const services = await consul.services()
  const service = services[pick % Math.max(1, services.length)]
  if (service === undefined) return null
  const { id, meta, weight } = service
  const Service = {
    ID: id,
    Service: service.service,
    Address: '10.9.9.9',
    Port: service.port,
    Tags: service.tags,
    Meta: meta,
    Weights: { Passing: weight, Warning: 1 },
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
  await consul.client.request({ method: 'PUT', path: '/v1/txn', body: [op] })
  return meta['task-id'] ?? null
}

/** Of a live task only: the entry of one that stopped is what keeps it stopped, and nothing could make up for it. */
async function deleteLedger(consul: SeenConsul, pick: number): Promise<string | null> {
  const live = [...(await consul.ledger())].filter(([, { phase }]) => phase === 'live')
  const key = live[pick % Math.max(1, live.length)]?.[0]
  if (key === undefined) return null
  await consul.client.request({
    method: 'PUT',
    path: '/v1/txn',
    body: [{ KV: { Verb: 'delete', Key: folder + key } }],
  })
  return key
}
