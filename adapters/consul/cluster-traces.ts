import { entryMeta, nodeName } from '../../core/catalog/entry.ts'
import type { Home } from '../../core/ledger/home.ts'
import { type ClusterKey, ledgerFolder, stampKey } from '../../core/ledger/keys.ts'
import type { Remains, Traces } from '../../core/reconcile/left-clusters.ts'
import { fieldsOf, listOf } from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'
import { listKeys, readKey } from './kv.ts'
import { readNode } from './node.ts'
import { readNodeEntries } from './node-entries.ts'

/** Which clusters a deployment has nodes for, and which have a ledger in one account and region: two small reads. */
export async function readTraces(
  client: ConsulClient,
  prefix: string,
  home: Home,
  deployment: string,
): Promise<Traces> {
  const folder = ledgerFolder(prefix, { ...home, cluster: '' }).slice(0, -1)
  const [nodes, folders] = await Promise.all([
    readNodesOf(client, deployment),
    listKeys(client, folder, { separator: '/' }),
  ])
  const names = folders.filter((key) => key.endsWith('/')).map((key) => key.slice(folder.length, -1))
  return { nodes, folders: names }
}

/** Names of the nodes that carry this registrar id. */
export async function readNodesOf(client: ConsulClient, deployment: string): Promise<readonly string[]> {
  const query = { 'node-meta': `${entryMeta.registrar}:${deployment}` }
  const { body } = await client.request({ method: 'GET', path: '/v1/catalog/nodes', query })
  const nodes = listOf(fieldsOf({ nodes: body ?? [] }, 'catalog'), 'nodes')
  return nodes.flatMap(({ value }) => (typeof value.Node === 'string' ? [value.Node] : []))
}

/** What is left of one cluster, counted. Reads its whole node, so only for a cluster that nobody registers. */
export async function readRemains(
  client: ConsulClient,
  prefix: string,
  cluster: ClusterKey,
): Promise<Remains> {
  const [node, services, keys, stamp] = await Promise.all([
    readNode(client, nodeName(cluster)),
    readNodeEntries(client, nodeName(cluster)),
    listKeys(client, ledgerFolder(prefix, cluster)),
    readKey(client, stampKey(prefix, cluster)),
  ])
  return {
    nodeMeta: node?.Meta ?? null,
    metas: services.map(({ meta }) => meta),
    ledgerEntries: keys.length,
    reconciledAt: stamp === null ? null : timeIn(stamp.value, 'at'),
  }
}

/** A time in a JSON record of ours; null where it holds none. */
export function timeIn(text: string, field: 'at' | 'until'): number | null {
  try {
    const value: unknown = JSON.parse(text)
    const time = typeof value === 'object' && value !== null ? Object.entries(value) : []
    const found = time.find(([name]) => name === field)?.[1]
    // Beyond this a Date can't be written down.
    return typeof found === 'number' && Math.abs(found) <= 8.64e15 ? found : null
  } catch {
    return null
  }
}
