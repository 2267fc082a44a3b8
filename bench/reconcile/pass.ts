import { setInterval } from 'node:timers'
import type { ReconcileDeps } from '../../functions/reconcile/cluster.ts'
import { createHandler, type ReconcileResult } from '../../functions/reconcile/handler.ts'
import type { AwsStandIn } from '../aws-stand-in.ts'
import { recordWire, type WireRequest, writesOf } from '../wire.ts'

/** A pass as seen from outside. */
export type Pass = {
  readonly result: ReconcileResult
  readonly ms: number
  /** User and system time of this process, in which ECS's stand-in answers too. */
  readonly cpuMs: number
  readonly peakRssMb: number
  /** Names of the calls to ECS, in order. */
  readonly ecsCalls: readonly string[]
  readonly requests: readonly WireRequest[]
}

const sampleMs = 20
const functionMs = 900_000
const mebibyte = 1024 * 1024

/** Runs the real handler once, as its schedule would. */
export async function runPass(deps: ReconcileDeps, aws: AwsStandIn): Promise<Pass> {
  const before = aws.calls.length
  const wire = recordWire()
  let peak = 0
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, sampleMs)
  const cpu = process.cpuUsage()
  const began = performance.now()
  const deadline = Date.now() + functionMs
  const result = await createHandler(deps)(
    {},
    { getRemainingTimeInMillis: () => deadline - Date.now() },
  ).finally(() => clearInterval(sampling))
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  const calls = aws.calls.slice(before).map(({ action }) => action)
  return {
    result,
    ms,
    cpuMs: (user + system) / 1_000,
    peakRssMb: Math.max(peak, process.memoryUsage.rss()) / mebibyte,
    ecsCalls: calls.filter((action) => action.startsWith('ecs:')),
    requests: wire.stop(),
  }
}

/** Operations on the lease and the stamp, and on anything else: catalog, ledger, marks, whatever it may be. */
export function writesOfPass({ requests }: Pass): {
  readonly bookkeeping: number
  readonly other: readonly string[]
} {
  const writes = requests.flatMap(writesOf)
  const isBookkeeping = (key: string | null) => /^[^/]+\/(leases|reconciled)\//.test(key ?? '')
  const other = writes.filter(({ key }) => !isBookkeeping(key)).map(({ what, key }) => `${what} ${key ?? ''}`)
  return { bookkeeping: writes.length - other.length, other }
}

export function readsOfPass({ requests }: Pass): number {
  return requests.filter((request) => writesOf(request).length === 0).length
}
