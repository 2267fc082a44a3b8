import { byText } from '../canonical.ts'
import type { TaskPhase } from '../ledger/ledger.ts'
import type { TxnOp } from './op.ts'
import { servicesAdded, servicesTakenOut } from './turnover.ts'

/** What every Consul version takes: newer ones allow 128 operations and 512 KiB. */
export const opsLimit = 64
export const sizeLimit = 256 * 1024

type Plan = {
  readonly arn: string
  readonly ops: readonly TxnOp[]
  readonly entry: { readonly phase: TaskPhase }
}

const order: Readonly<Record<TaskPhase, number>> = { live: 0, draining: 3, gone: 4 }

/**
 * Packs whole tasks into transactions, to be sent one after the other. Those that only add come first and those that only take out
 * last, so that no service loses an instance in an earlier transaction than it gets one.
 */
export function packPlans<P extends Plan>(plans: readonly P[]): readonly (readonly P[])[] {
  const ranks = new Map(plans.map((plan) => [plan, rankOf(plan)]))
  const rank = (plan: P) => ranks.get(plan) ?? 0
  const sorted = [...plans].sort((a, b) => rank(a) - rank(b) || byText(a.arn, b.arn))
  const txns: P[][] = []
  let room = { ops: 0, bytes: 0 }
  for (const plan of sorted) {
    // Joined, two lists lose a bracket each and gain a comma: the sum is never less than the size of the body.
    const bytes = sizeOf(plan.ops)
    const last = txns.at(-1)
    if (last !== undefined && plan.ops.length <= room.ops && bytes <= room.bytes) last.push(plan)
    else {
      txns.push([plan])
      room = { ops: opsLimit, bytes: sizeLimit }
    }
    room = { ops: room.ops - plan.ops.length, bytes: room.bytes - bytes }
  }
  return txns
}

/** A live task may do both, with a container that stopped or a port that got another name. */
function rankOf(plan: Plan): number {
  const phase = order[plan.entry.phase]
  if (phase !== order.live || servicesTakenOut(plan).size === 0) return phase
  return servicesAdded(plan).size > 0 ? 1 : 2
}

export function fitsAlone(ops: readonly TxnOp[]): boolean {
  return ops.length <= opsLimit && sizeOf(ops) <= sizeLimit
}

/** Bytes of the request body. */
export function sizeOf(ops: readonly TxnOp[]): number {
  return Buffer.byteLength(textOf(ops))
}

/** The request body of these plans together. */
export function bodyOf(plans: readonly { readonly ops: readonly TxnOp[] }[]): string {
  return `[${plans.map(({ ops }) => textOf(ops).slice(1, -1)).join(',')}]`
}

// A plan's operations are measured twice and sent once, and making JSON of them is most of what a batch costs this process.
const texts = new WeakMap<readonly TxnOp[], string>()

function textOf(ops: readonly TxnOp[]): string {
  const text = texts.get(ops) ?? JSON.stringify(ops)
  texts.set(ops, text)
  return text
}
