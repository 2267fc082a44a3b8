import type { ConsulClient } from '../../adapters/consul/client.ts'
import { compareAndSet, readKey } from '../../adapters/consul/kv.ts'
import { QuaysideError } from '../../core/errors.ts'
import { epochKey } from '../../core/ledger/keys.ts'

/** The datacenter's epoch, created if there is none: whoever is first wins, and everybody reads the same. */
export async function ensureEpoch(client: ConsulClient, prefix: string, fresh: string): Promise<string> {
  const key = epochKey(prefix)
  const known = await readKey(client, key, { consistent: true })
  if (known !== null) return known.value
  await compareAndSet(client, key, fresh, 0)
  const now = await readKey(client, key, { consistent: true })
  if (now !== null) return now.value
  // A token without key rights is answered as if nothing were there.
  throw new QuaysideError(
    'CONSUL_DENIED',
    `The key ${key} can't be written or read: check the token's key rights.`,
  )
}
