import { hostIndexFolder } from '../../core/ledger/keys.ts'
import { type LedgerEntry, type TaskKey, unreadableEntry } from '../../core/ledger/ledger.ts'
import { parseEntry } from '../../core/ledger/serialise.ts'
import type { ConsulClient } from './client.ts'
import { type KvEntry, readFolder } from './kv.ts'
import { readKeys } from './txn.ts'

/** A task's ledger entry (`unreadableEntry` where somebody else wrote there), with the ModifyIndex that its next write must name. */
export type LedgerRecord = { readonly entry: LedgerEntry; readonly index: number }

/** The entries of these KV keys; tasks without one are left out. */
export async function readLedger(
  client: ConsulClient,
  keys: readonly string[],
): Promise<ReadonlyMap<string, LedgerRecord>> {
  const found = await readKeys(client, keys)
  return new Map([...found].map(([key, record]) => [key, parseRecord(record)]))
}

/** All entries below a cluster's folder by task id, read consistently. */
export async function readLedgerFolder(
  client: ConsulClient,
  folder: string,
): Promise<ReadonlyMap<string, LedgerRecord>> {
  const found = await readFolder(client, folder, { consistent: true })
  return new Map(found.map((record) => [record.key.slice(folder.length), parseRecord(record)]))
}

/** The tasks that are known to run on this EC2 instance; none costs one lookup only. */
export async function readHostTasks(
  client: ConsulClient,
  prefix: string,
  instanceId: string,
): Promise<readonly TaskKey[]> {
  const folder = hostIndexFolder(prefix, instanceId)
  const found = await readFolder(client, folder, { consistent: true })
  return found.flatMap(({ key }) => parseHostKey(key.slice(folder.length)))
}

function parseHostKey(path: string): readonly TaskKey[] {
  const [account, region, cluster, taskId] = path.split('/')
  return account && region && cluster && taskId ? [{ account, region, cluster, taskId }] : []
}

function parseRecord({ key, value, modifyIndex }: KvEntry): LedgerRecord {
  try {
    return { entry: parseEntry(value, key), index: modifyIndex }
  } catch {
    return { entry: unreadableEntry, index: modifyIndex }
  }
}
