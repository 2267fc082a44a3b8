import type { ConsulClient } from '../../../adapters/consul/client.ts'

/** Looks up the index that an object has now, 0 if it isn't there: each Consul counts its own. */
export type See = {
  readonly key: (key: string) => Promise<number>
  readonly node: (node: string) => Promise<number>
  readonly service: (node: string, id: string) => Promise<number>
  readonly check: (node: string, id: string) => Promise<number>
}

type Record = { readonly [name: string]: unknown; readonly ModifyIndex?: number }

export function seeThrough(client: ConsulClient): See {
  async function read(path: string): Promise<unknown> {
    return (await client.request({ method: 'GET', path })).body
  }
  return {
    key: async (key) => ((await read(`/v1/kv/${key}`)) as readonly Record[] | null)?.[0]?.ModifyIndex ?? 0,
    node: async (node) => {
      const body = (await read(`/v1/catalog/node/${node}`)) as { readonly Node: Record } | null
      return body?.Node.ModifyIndex ?? 0
    },
    service: async (node, id) => {
      const body = (await read(`/v1/catalog/node/${node}`)) as { Services: { [id: string]: Record } } | null
      return body?.Services[id]?.ModifyIndex ?? 0
    },
    check: async (node, id) => {
      const checks = (await read(`/v1/health/node/${node}`)) as readonly Record[]
      return checks.find(({ CheckID }) => CheckID === id)?.ModifyIndex ?? 0
    },
  }
}
