import type { ConsulClient } from '../../adapters/consul/client.ts'
import { readKey } from '../../adapters/consul/kv.ts'
import { runTxn } from '../../adapters/consul/txn.ts'
import { casOp, type TxnOp } from '../../core/txn/op.ts'

/** Held until the pass ends or its time is over; nothing depends on it but the cost of two passes at once. */
export type Lease = {
  /** Gives the lease back together with these writes; false if it was lost, and then nothing is written. */
  readonly release: (ops: readonly TxnOp[]) => Promise<boolean>
}

/** Takes the lease of a cluster, or null while another pass holds it. */
export async function takeLease(
  client: ConsulClient,
  key: string,
  holder: string,
  times: { readonly now: number; readonly until: number },
): Promise<Lease | null> {
  const before = await readKey(client, key, { consistent: true })
  if (before !== null && deadlineOf(before.value) > times.now) return null
  const taken = await runTxn(client, [
    casOp(key, JSON.stringify({ holder, until: times.until }), before?.modifyIndex ?? 0),
  ])
  const index = taken.ok ? taken.entries[0]?.modifyIndex : undefined
  if (index === undefined) return null
  return {
    release: async (ops) => {
      const free = casOp(key, JSON.stringify({ holder, until: 0 }), index)
      return (await runTxn(client, [free, ...ops])).ok
    },
  }
}

/** A value that isn't ours to read doesn't hold anything. */
function deadlineOf(value: string): number {
  try {
    const lease: unknown = JSON.parse(value)
    const until = typeof lease === 'object' && lease !== null && 'until' in lease ? lease.until : 0
    return typeof until === 'number' ? until : 0
  } catch {
    return 0
  }
}
