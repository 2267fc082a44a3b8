import { QuaysideError } from '../../core/errors.ts'
import { fieldsOf, textOf } from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'
import { kvPath } from './kv.ts'

/** Consul ends a session some time between one and two TTLs after its last renewal; 10 s is the shortest TTL. */
export type SessionOptions = {
  readonly name: string
  readonly ttlSeconds: number
  /** How long a lock stays closed after its holder was lost; Consul's default of 15 s is longer than a takeover may take. */
  readonly lockDelaySeconds: number
}

/** A session without checks: those would tie it to an agent's health. Its keys are released, not deleted, when it ends. */
export async function createSession(client: ConsulClient, options: SessionOptions): Promise<string> {
  const { body } = await client.request({
    method: 'PUT',
    path: '/v1/session/create',
    body: {
      Name: options.name,
      TTL: `${options.ttlSeconds}s`,
      LockDelay: `${options.lockDelaySeconds}s`,
      Behavior: 'release',
      Checks: [],
      NodeChecks: [],
    },
  })
  return textOf(fieldsOf(body, 'session'), 'ID')
}

/** False if the session ended: everything that it held is lost. */
export async function renewSession(client: ConsulClient, id: string): Promise<boolean> {
  const { status } = await client.request({
    method: 'PUT',
    path: `/v1/session/renew/${encodeURIComponent(id)}`,
  })
  return status === 200
}

export async function destroySession(client: ConsulClient, id: string): Promise<void> {
  await client.request({ method: 'PUT', path: `/v1/session/destroy/${encodeURIComponent(id)}` })
}

/** Takes the lock of a key and writes its value. False if another session holds it or its lock delay isn't over. */
export async function acquireKey(
  client: ConsulClient,
  key: string,
  value: string,
  session: string,
): Promise<boolean> {
  return putLock(client, key, value, { acquire: session })
}

export async function releaseKey(
  client: ConsulClient,
  key: string,
  value: string,
  session: string,
): Promise<boolean> {
  return putLock(client, key, value, { release: session })
}

async function putLock(
  client: ConsulClient,
  key: string,
  value: string,
  query: Record<string, string>,
): Promise<boolean> {
  const { status, body } = await client.request({ method: 'PUT', path: kvPath(key), query, body: value })
  if (status === 404) {
    throw new QuaysideError('CONSUL_REFUSED', `Consul has no key-value store at ${kvPath(key)}.`)
  }
  return body === true
}
