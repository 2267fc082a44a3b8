import type { Judged, JudgedService } from '../catalog/judge.ts'
import type { Evidence } from './evidence.ts'
import type { ServiceMemory } from './memory.ts'
import { fresh } from './vanished.ts'

/** Which of the instances in the catalog take traffic, and why these. */
export type Choice = {
  readonly chosen: readonly Judged[]
  readonly why: 'passing' | 'last draining' | 'fail open' | 'nothing'
}

/**
 * Passing ones, whenever there are any. Otherwise the draining ones that were in: ECS draining a task is no reason to answer
 * 503 while the task still serves. Beside them, or alone unless something is held, the unhealthy ones, as load balancers fail open,
 * and, where the service passed before, the waiting ones: ECS stops the last old tasks of a deployment when it has seen the new ones
 * healthy, and the moment at which an old one stops to serve is known only afterwards.
 */
export function choosePresent(
  judged: JudgedService,
  memory: ServiceMemory | undefined,
  evidence: Evidence | null,
  somethingHeld: boolean,
): Choice {
  const standing = (verdict: Judged['verdict']) => judged.instances.filter((one) => one.verdict === verdict)
  const passing = standing('passing')
  if (passing.length > 0) return { chosen: passing, why: 'passing' }
  const draining = standing('draining').filter((one) => mayLinger(one, memory, evidence))
  const isOpen = !somethingHeld && judged.failOpen
  const waiting = memory?.passed === true ? standing('waiting') : []
  const open = isOpen ? [...standing('unhealthy'), ...waiting] : []
  if (draining.length > 0) return { chosen: [...draining, ...open], why: 'last draining' }
  return { chosen: open, why: open.length > 0 ? 'fail open' : 'nothing' }
}

/** A draining one stays only if it was in before, and not where its host is lost or its task is known to be gone. */
function mayLinger(one: Judged, memory: ServiceMemory | undefined, evidence: Evidence | null): boolean {
  const member = memory?.members.find(({ node, id }) => node === one.node && id === one.id)
  if (memory !== undefined && member === undefined) return false
  const proof =
    one.ledger === null
      ? null
      : fresh(evidence, member?.since ?? Number.POSITIVE_INFINITY)?.entries.get(one.ledger)
  return proof?.reason !== 'host-loss' && proof?.phase !== 'gone'
}
