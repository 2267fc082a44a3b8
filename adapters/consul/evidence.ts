import { QuaysideError } from '../../core/errors.ts'
import type { Evidence, LedgerProof, Stamp } from '../../core/guard/evidence.ts'
import { epochKey } from '../../core/ledger/keys.ts'
import { parseEntry } from '../../core/ledger/serialise.ts'
import type { ConsulClient } from './client.ts'
import type { KvEntry } from './kv.ts'
import { runTxn } from './txn.ts'

/** Old servers take 64 operations; two are the epoch's and the stamps'. */
const keysPerTxn = 62

/**
 * Reads what the ledger says about these tasks, with the epoch and the reconcile stamps of the same moment. Throws where any part
 * of it can't be read: a token without rights to the keys gets an empty answer with status 200, so an answer without the epoch
 * is a failed read and never proof of absence.
 */
export async function readEvidence(
  client: ConsulClient,
  prefix: string,
  ledgerKeys: readonly string[],
  now: () => number,
): Promise<Evidence> {
  const readAt = now()
  const wanted = [...new Set(ledgerKeys)]
  const chunks = Array.from({ length: Math.max(1, Math.ceil(wanted.length / keysPerTxn)) }, (_, i) =>
    wanted.slice(i * keysPerTxn, (i + 1) * keysPerTxn),
  )
  const reads = await Promise.all(chunks.map((keys) => readTogether(client, prefix, keys)))
  const epochs = new Set(reads.map(({ epoch }) => epoch))
  const [epoch] = epochs
  if (epoch === undefined || epochs.size > 1)
    throw new QuaysideError('CONSUL_CONFLICT', 'The epoch changed while the ledger was being read.')
  return {
    readAt,
    epoch,
    stamps: new Map(reads.flatMap(({ stamps }) => stamps)),
    entries: new Map(reads.flatMap(({ entries }) => entries)),
  }
}

type Read = {
  readonly epoch: string
  readonly stamps: readonly (readonly [string, Stamp])[]
  readonly entries: readonly (readonly [string, LedgerProof | null])[]
}

async function readTogether(client: ConsulClient, prefix: string, keys: readonly string[]): Promise<Read> {
  const folder = `${prefix}/reconciled/`
  const answer = await runTxn(
    client,
    // `get` of a missing key fails the whole transaction; `get-tree` leaves it out, but takes the key as a prefix.
    [epochKey(prefix), folder, ...keys].map((key) => ({ KV: { Verb: 'get-tree', Key: key } })),
  )
  if (!answer.ok)
    throw new QuaysideError('CONSUL_REFUSED', `Reading the ledger failed: ${answer.errors[0]?.what}.`)
  const found = new Map(answer.entries.map((entry) => [entry.key, entry]))
  const epoch = found.get(epochKey(prefix))?.value
  if (epoch === undefined || epoch === '')
    throw new QuaysideError(
      'CONSUL_DENIED',
      `Consul gave no ${epochKey(prefix)}. Either no reconcile pass has run yet, or the token may not read keys below ${prefix}/.`,
    )
  return {
    epoch,
    stamps: answer.entries.filter(({ key }) => key.startsWith(folder)).map(readStamp),
    entries: keys.map((key) => [key, readProof(found.get(key))] as const),
  }
}

// An entry that nobody can read says nothing, like a missing one; reconciling writes it anew where the task is there. It must not
// keep what other entries prove from being heeded.
function readProof(entry: KvEntry | undefined): LedgerProof | null {
  if (entry === undefined) return null
  try {
    return parseEntry(entry.value, entry.key)
  } catch {
    return null
  }
}

function readStamp({ key, value }: KvEntry): readonly [string, Stamp] {
  const { epoch, at } = parseObject(value)
  return [key, { epoch: typeof epoch === 'string' ? epoch : '', at: typeof at === 'number' ? at : 0 }]
}

// A stamp that can't be read releases nothing, which is the safe side.
function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
