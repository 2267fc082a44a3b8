import { byText } from '../canonical.ts'
import type { TaskPhase } from '../ledger/ledger.ts'
import type { TxnOp } from './op.ts'

/** What every Consul version takes: newer ones allow 128 operations and 512 KiB. */
export const opsLimit = 64
export const sizeLimit = 256 * 1024

type Plan = {
  readonly arn: string
  readonly ops: readonly TxnOp[]
  readonly entry: { readonly phase: TaskPhase }
}

const order: Readonly<Record<TaskPhase, number>> = { live: 0, draining: 1, gone: 2 }

/**
 * Packs whole tasks into transactions. Live tasks come first, so that an instance which replaces another is never registered
 * after the old one is taken out.
 */
export function packPlans<P extends Plan>(plans: readonly P[]): readonly (readonly P[])[] {
  const sorted = [...plans].sort(
    (a, b) => order[a.entry.phase] - order[b.entry.phase] || byText(a.arn, b.arn),
  )
  const txns: P[][] = []
  for (const plan of sorted) {
    const last = txns.at(-1)
    if (last !== undefined && fitsAlone([...last, plan].flatMap(({ ops }) => ops))) last.push(plan)
    else txns.push([plan])
  }
  return txns
}

export function fitsAlone(ops: readonly TxnOp[]): boolean {
  return ops.length <= opsLimit && sizeOf(ops) <= sizeLimit
}

/** Bytes of the request body. */
export function sizeOf(ops: readonly TxnOp[]): number {
  return Buffer.byteLength(JSON.stringify(ops))
}
