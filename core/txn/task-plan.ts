import { nodeName } from '../catalog/entry.ts'
import { QuaysideError } from '../errors.ts'
import { hostIndexKey, ledgerKey } from '../ledger/keys.ts'
import type { LedgerEntry, LedgerInstance, TaskKey } from '../ledger/ledger.ts'
import { serialiseEntry } from '../ledger/serialise.ts'
import type { Transition } from '../ledger/transition.ts'
import { casOp, checkSetOp, deleteOp, serviceDeleteOp, serviceSetOp, setOp, type TxnOp } from './op.ts'
import { fitsAlone, opsLimit, sizeLimit, sizeOf } from './pack.ts'
import { type FoundCheck, storedCheckOp } from './stored-op.ts'

/** Everything that one task writes, to be done in one transaction or not at all. */
export type TaskPlan = {
  readonly arn: string
  readonly key: TaskKey
  /** The ledger after it. */
  readonly entry: LedgerEntry
  readonly ops: readonly TxnOp[]
}

/**
 * The operations in the order that Consul needs: the ledger's compare-and-set first, each service before its checks, deletes
 * last. `found` are checks of consul-esm that are there already, by service id. `index` is the ledger's ModifyIndex, 0 where there is none. Throws TASK_REFUSED where it exceeds one transaction.
 */
export function taskPlan(
  prefix: string,
  task: { readonly arn: string; readonly key: TaskKey },
  before: { readonly entry: LedgerEntry | null; readonly index: number },
  after: Transition,
  found: ReadonlyMap<string, FoundCheck> = new Map(),
): TaskPlan {
  const node = nodeName(task.key)
  const { entry } = after
  const ops = [
    casOp(ledgerKey(prefix, task.key), serialiseEntry(entry), before.index, entry.version),
    ...hostOps(prefix, task.key, before.entry, entry),
    ...after.set.flatMap((instance) => [
      serviceSetOp(node, instance),
      checkSetOp(node, instance, instance.check),
    ]),
    ...after.store.map((write) => storedCheckOp(node, write, found.get(write.id) ?? null)),
    ...after.drain.map((instance: LedgerInstance) => checkSetOp(node, instance, 'draining')),
    ...after.remove.map((instance) => serviceDeleteOp(node, instance)),
  ]
  if (!fitsAlone(ops)) throw tooLarge(task.arn, ops)
  return { arn: task.arn, key: task.key, entry, ops }
}

function hostOps(
  prefix: string,
  key: TaskKey,
  before: LedgerEntry | null,
  after: LedgerEntry,
): readonly TxnOp[] {
  const old = before?.host ?? null
  const now = after.phase === 'gone' ? null : after.host
  const written = before !== null && before.phase !== 'gone' ? old : null
  return [
    ...(written !== null && written !== now ? [deleteOp(hostIndexKey(prefix, written, key))] : []),
    ...(now !== null && now !== written ? [setOp(hostIndexKey(prefix, now, key), '')] : []),
  ]
}

function tooLarge(arn: string, ops: readonly TxnOp[]): QuaysideError {
  return new QuaysideError(
    'TASK_REFUSED',
    `Task ${arn} needs ${ops.length} operations (${sizeOf(ops)} bytes) in one Consul transaction; ` +
      `${opsLimit} operations and ${sizeLimit} bytes are possible. Register fewer ports or shorter tags and meta; ` +
      'SERVICE_IGNORE and SERVICE_<port>_IGNORE leave out what nobody calls.',
  )
}
