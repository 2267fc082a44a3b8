import { nodeName } from '../../core/catalog/entry.ts'
import {
  absentKey,
  type ClusterKey,
  hostIndexFolder,
  hostIndexKey,
  leaseKey,
  ledgerFolder,
  stampKey,
} from '../../core/ledger/keys.ts'
import type { Holdings, TaskKeyName } from '../../core/purge/holdings.ts'
import { fieldsOf, listOf } from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'
import { timeIn } from './cluster-traces.ts'
import { listKeys, readKey } from './kv.ts'
import { type NodeRecord, readNode } from './node.ts'
import { readNodeEntries } from './node-entries.ts'

const consistent = { consistent: true } as const

/** Reads everything that may be one cluster's. The node's record comes first: what joins it later is then seen beside it. */
export async function readHoldings(
  client: ConsulClient,
  prefix: string,
  cluster: ClusterKey,
): Promise<{ readonly node: NodeRecord | null; readonly holdings: Holdings }> {
  const name = nodeName(cluster)
  const node = await readNode(client, name)
  const [services, nodeChecks, keys, hosts, marks] = await Promise.all([
    readNodeEntries(client, name),
    readNodeChecks(client, name),
    listKeys(client, ledgerFolder(prefix, cluster), consistent),
    readHosts(client, prefix, cluster),
    readMarks(client, prefix, cluster),
  ])
  const folder = ledgerFolder(prefix, cluster)
  const ledger = keys.map((key) => ({ key, taskId: key.slice(folder.length) }))
  const isTask = ({ taskId }: TaskKeyName) => /^[A-Za-z0-9-]+$/.test(taskId)
  return {
    node,
    holdings: {
      nodeMeta: node?.Meta ?? null,
      services,
      nodeChecks,
      ledger: ledger.filter(isTask),
      strange: ledger.filter((one) => !isTask(one)).map(({ key }) => key),
      hosts,
      ...marks,
    },
  }
}

async function readNodeChecks(client: ConsulClient, name: string): Promise<readonly string[]> {
  const path = `/v1/health/node/${encodeURIComponent(name)}`
  const query = { filter: 'ServiceID == ""' }
  const { body } = await client.request({ method: 'GET', path, query, ...consistent })
  const checks = listOf(fieldsOf({ checks: body ?? [] }, 'health'), 'checks')
  return checks.filter(({ value }) => !value.ServiceID).map(({ value }) => String(value.CheckID))
}

/** Tasks of the cluster in the index of hosts, whichever host they stand below. */
async function readHosts(
  client: ConsulClient,
  prefix: string,
  cluster: ClusterKey,
): Promise<readonly TaskKeyName[]> {
  const folder = hostIndexFolder(prefix, '').slice(0, -1)
  const keys = await listKeys(client, folder, consistent)
  return keys.flatMap((key) => {
    const instance = key.slice(folder.length).split('/')[0] ?? ''
    const taskId = key.slice(key.lastIndexOf('/') + 1)
    return taskId !== '' && hostIndexKey(prefix, instance, { ...cluster, taskId }) === key
      ? [{ key, taskId }]
      : []
  })
}

async function readMarks(
  client: ConsulClient,
  prefix: string,
  cluster: ClusterKey,
): Promise<Pick<Holdings, 'bookkeeping' | 'reconciledAt' | 'leasedUntil'>> {
  const keys = [stampKey, leaseKey, absentKey].map((keyOf) => keyOf(prefix, cluster))
  const found = await Promise.all(keys.map((key) => readKey(client, key, consistent)))
  const [stamp, lease] = found
  return {
    bookkeeping: found.flatMap((entry) => (entry === null ? [] : [entry.key])),
    reconciledAt: stamp ? timeIn(stamp.value, 'at') : null,
    leasedUntil: lease ? timeIn(lease.value, 'until') : null,
  }
}
