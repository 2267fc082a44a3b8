import type { TxnOp } from '../../core/txn/op.ts'
import { addressOf, type BenchInstance, type BenchService, createInstance } from '../instances.ts'
import { checkOps, goneOps, liveOps } from './fill-consul.ts'

/** What must be rendered of one server once a change has arrived. `weight` is the instance's own. */
export type Expected = {
  readonly service: string
  readonly address: string
  readonly port: number
  readonly weight: number
  readonly present: boolean
}

/** One write to Consul, and how its arrival shows. */
export type Change = { readonly kind: string; readonly ops: readonly TxnOp[]; readonly expected: Expected }

/** Addresses that no instance has had before. */
const elsewhere = 200 << 16
const kinds = 6

/**
 * `count` changes of single instances, six kinds in turn: a check turns critical, a task gets another address, one is added, the
 * check passes again, a weight changes, the added task is gone. Each has its effect by itself, and each service is
 * touched twice at most within six.
 */
export function watchChanges(services: readonly BenchService[], count: number): readonly Change[] {
  return Array.from({ length: Math.ceil(count / kinds) }, (_, round) => changesOfRound(services, round))
    .flat()
    .slice(0, count)
}

function changesOfRound(services: readonly BenchService[], round: number): readonly Change[] {
  const place = elsewhere + round * 2
  const sick = pick(services, round * 3)
  const moved = { ...pick(services, round * 3 + 1), address: addressOf(place) }
  const weighed = { ...moved, weight: 2 + (round % 50) }
  const host = pick(services, round * 3 + 2)
  const added = createInstance(Number(host.service.slice(-5)), 10_000 + round, place + 1)
  return [
    // Such a one is never in, not even as the last of its service.
    change('critical', checkOps({ ...sick, check: 'stopped' }), sick, false),
    change('address', liveOps(moved), moved, true),
    change('added', liveOps(added), added, true),
    change('passing', checkOps(sick), sick, true),
    change('weight', liveOps(weighed), weighed, true),
    change('removed', goneOps(added), added, false),
  ]
}

function change(kind: string, ops: readonly TxnOp[], instance: BenchInstance, present: boolean): Change {
  const { service, address, port, weight } = instance
  return { kind, ops, expected: { service, address, port, weight, present } }
}

/** Services far from each other, as deployments of different teams are. */
function pick(services: readonly BenchService[], turn: number): BenchInstance {
  const step = 7
  const instance = services[(turn * step) % services.length]?.instances[0]
  if (instance === undefined) throw new Error('a catalog without instances has nothing to change')
  return instance
}
