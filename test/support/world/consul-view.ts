import { readNodeServices } from '../../../adapters/consul/catalog.ts'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { readLedgerFolder } from '../../../adapters/consul/ledger.ts'
import { nodeName } from '../../../core/catalog/entry.ts'
import { ledgerFolder } from '../../../core/ledger/keys.ts'
import type { LedgerEntry } from '../../../core/ledger/ledger.ts'
import { parseEntry } from '../../../core/ledger/serialise.ts'
import { createMemoryConsul } from '../memory-consul/create-memory-consul.ts'
import { cluster, prefix } from '../register.ts'

export const node = nodeName(cluster)
export const folder = ledgerFolder(prefix, cluster)

export type SeenService = {
  readonly id: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly weight: number
  /** Of our own check; empty where there is none. */
  readonly status: string
  readonly output: string
}

/** A Consul, and what it holds of the world's cluster. */
export type SeenConsul = {
  readonly client: ConsulClient
  readonly services: () => Promise<readonly SeenService[]>
  readonly ledger: () => Promise<ReadonlyMap<string, LedgerEntry>>
}

/** In memory; looked into without asking it, because every write is looked at. */
export function memoryConsul(): SeenConsul {
  const consul = createMemoryConsul()
  return {
    client: {
      request: async (request) => {
        consul.requests.length = 0
        return consul.request(request)
      },
      close: async () => {},
    },
    services: async () => {
      const { services, checks } = consul.store()
      return [...(services.get(node)?.values() ?? [])].map((one) => {
        const check = checks.get(node)?.get(`${one.id}:ecs`)
        return {
          ...one,
          tags: [...(one.tags ?? [])].sort(),
          meta: one.meta ?? {},
          weight: one.weights.Passing,
          status: check?.status ?? '',
          output: check?.output ?? '',
        }
      })
    },
    ledger: async () => {
      const records = [...consul.store().kv.values()].filter(({ key }) => key.startsWith(folder))
      return new Map(records.map(({ key, value }) => [key.slice(folder.length), entryOf(key, value)]))
    },
  }
}

function entryOf(key: string, value: string | null): LedgerEntry {
  return parseEntry(Buffer.from(value ?? '', 'base64').toString(), key)
}

/** A real one, asked for everything. */
export function realConsul(client: ConsulClient): SeenConsul {
  return {
    client,
    services: async () =>
      (await readNodeServices(client, node)).map((one) => {
        const check = one.checks.find(({ id }) => id === `${one.id}:ecs`)
        return { ...one, status: check?.status ?? '', output: check?.output ?? '' }
      }),
    ledger: async () => {
      const records = await readLedgerFolder(client, folder)
      return new Map([...records].map(([id, { entry }]) => [id, entry]))
    },
  }
}

/** Removes everything of the world, so that the next one begins with nothing. */
export async function clearConsul(client: ConsulClient): Promise<void> {
  await client.request({ method: 'DELETE', path: `/v1/kv/${prefix}/`, query: { recurse: true } })
  await client.request({
    method: 'PUT',
    path: '/v1/txn',
    body: [{ Node: { Verb: 'delete', Node: { Node: node } } }],
  })
}
