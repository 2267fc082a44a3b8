import type { ConsulClient } from '../../adapters/consul/client.ts'

type Indexed = Readonly<Record<string, unknown>> & { readonly ModifyIndex?: number }

/** Everything in Consul's catalog and KV by a name of its own, indexes included: two dumps tell exactly what changed between. */
export async function dumpConsul(client: ConsulClient): Promise<ReadonlyMap<string, string>> {
  const get = async (path: string, query: { readonly recurse?: true } = {}) => {
    const { body } = await client.request({ method: 'GET', path, query, consistent: true })
    return (body ?? []) as readonly Indexed[]
  }
  const dump = new Map<string, string>()
  for (const entry of await get('/v1/kv/', { recurse: true }))
    dump.set(`key ${entry.Key}`, JSON.stringify(entry))
  for (const node of await get('/v1/catalog/nodes')) {
    const name = encodeURIComponent(String(node.Node))
    // The server's own node and service aren't anybody's registration.
    if (node.Node === 'consul') continue
    dump.set(`node ${node.Node}`, JSON.stringify(node))
    const { Services } = (await get(`/v1/catalog/node/${name}`)) as unknown as {
      Services: Readonly<Record<string, Indexed>>
    }
    for (const [id, service] of Object.entries(Services))
      dump.set(`service ${node.Node} ${id}`, JSON.stringify(service))
    for (const check of await get(`/v1/health/node/${name}`))
      dump.set(`check ${node.Node} ${check.CheckID}`, JSON.stringify(check))
  }
  return dump
}

/** Names of what joined, left or changed from one dump to the next. */
export function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort()
}

/** The part of a dump whose names `isMeant` picks. */
export function pick(
  dump: ReadonlyMap<string, string>,
  isMeant: (name: string) => boolean,
): ReadonlyMap<string, string> {
  return new Map([...dump].filter(([name]) => isMeant(name)))
}
