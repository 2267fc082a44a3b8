import { checkOutputs } from '../catalog/entry.ts'
import type { TxnOp } from './op.ts'

type Plan = { readonly ops: readonly TxnOp[] }

/** Services to which these operations bring an instance that passes. */
export function servicesAdded({ ops }: Plan): ReadonlySet<string> {
  return new Set(
    ops.flatMap((op) => ('Check' in op && op.Check.Check.Status === 'passing' ? [nameOf(op)] : [])),
  )
}

/** Services of which these operations take an instance out: its check turns critical, or it is deleted. */
export function servicesTakenOut({ ops }: Plan): ReadonlySet<string> {
  return new Set(ops.flatMap((op) => (takesOut(op) ? [nameOf(op)] : [])))
}

/**
 * Those of the plans that take instances out of a service to which others are still to be added, by `unwritten` or by one of those
 * that have to wait themselves: as long as the new instance isn't there, the old one is worth its errors.
 */
export function plansToHoldBack<P extends Plan>(
  plans: readonly P[],
  unwritten: ReadonlySet<string>,
): ReadonlySet<P> {
  const held = new Set<P>()
  if (unwritten.size === 0) return held
  const missing = new Set(unwritten)
  for (let size = -1; size < held.size; ) {
    size = held.size
    for (const plan of plans) {
      if (held.has(plan) || ![...servicesTakenOut(plan)].some((service) => missing.has(service))) continue
      held.add(plan)
      for (const service of servicesAdded(plan)) missing.add(service)
    }
  }
  return held
}

/** A new instance that waits for its health check is critical too, but it takes nothing out. */
function takesOut(op: TxnOp): boolean {
  if ('Service' in op) return op.Service.Verb === 'delete'
  return (
    'Check' in op && op.Check.Check.Status === 'critical' && op.Check.Check.Output !== checkOutputs.waiting
  )
}

function nameOf(op: TxnOp): string {
  if ('Service' in op) return op.Service.Service.Service
  return 'Check' in op ? op.Check.Check.ServiceName : ''
}
