import type { LedgerEntry } from '../../../core/ledger/ledger.ts'
import { parseEntry } from '../../../core/ledger/serialise.ts'
import type { TxnOp } from '../../../core/txn/op.ts'
import { folder, type SeenConsul } from './consul-view.ts'
import { isGone, isLive, isStopping, isWantedNow, possibleIds } from './oracle.ts'
import type { SimEcs } from './sim-ecs.ts'
import type { SimTask } from './sim-task.ts'

/**
 * Looks at every transaction that was carried out, with ECS's truth of that moment at hand, and remembers what must never have
 * happened.
 */
export function createWatchdog(consul: Pick<SeenConsul, 'services'>, sim: () => SimEcs, now: () => number) {
  const violations: string[] = []
  /** Tasks whose stop by ECS stands in the ledger. */
  const stopped = new Set<string>()
  /** Tasks whose entries somebody else changed: what was known of their health may be lost, or never have been true. */
  const excused = new Set<string>()

  async function see(ops: readonly TxnOp[], before: ReadonlyMap<string, string>): Promise<void> {
    for (const op of ops) {
      if ('KV' in op) ledgerWritten(op.KV)
      if ('Check' in op) checkWritten(op.Check.Check, before)
      if ('Service' in op && op.Service.Verb === 'delete') serviceDeleted(op.Service.Service.ID)
    }
    const stops = ops.flatMap((op) => ('KV' in op && isStop(op.KV.Key) ? [taskIdOf(op.KV.Key)] : []))
    if (stops.length > 0) await stopsCommitted(stops)
  }

  function taskOf(id: string): SimTask | undefined {
    return sim().tasks.find((task) => possibleIds(task).includes(id))
  }

  /** Live after live of the same version: only a read may say so, and never one that began earlier than what is known. */
  const lives = new Map<string, { readonly version: number; readonly at: number }>()

  const versions = new Map<string, number>()

  function versionWritten(taskId: string, { version }: LedgerEntry): void {
    const before = versions.get(taskId) ?? 0
    versions.set(taskId, version)
    if (version < before && !excused.has(taskId)) {
      violations.push(`${taskId}: version ${version} replaced ${before}`)
    }
  }

  function liveWritten(task: SimTask, { version, at }: LedgerEntry): void {
    const before = lives.get(task.id)
    lives.set(task.id, { version, at })
    if (before?.version === version && at < before.at && !excused.has(task.id)) {
      violations.push(`${task.id}: what was read at ${at} replaced what was read at ${before.at}`)
    }
    if (isGone(task) && now() - task.changedAt > 90_000) {
      violations.push(`${task.id} registered long after it was ${task.last}`)
    }
  }

  function ledgerWritten({ Verb, Key, Value }: { Verb: string; Key: string; Value?: string }): void {
    if (!Key.startsWith(folder)) return
    const taskId = taskIdOf(Key)
    if (Verb === 'delete-cas') versions.delete(taskId)
    if (Verb !== 'cas' || Value === undefined) return
    const entry = parseEntry(Buffer.from(Value, 'base64').toString(), Key)
    const task = sim().tasks.find(({ id }) => id === taskId)
    versionWritten(taskId, entry)
    if (task === undefined || entry.phase === 'live') {
      if (stopped.has(taskId)) violations.push(`${taskId} came back to life after its stop was committed`)
      if (task !== undefined) liveWritten(task, entry)
      return
    }
    if (entry.reason === 'ecs') {
      stopped.add(taskId)
      if (!isStopping(task) && !isGone(task)) violations.push(`${taskId} ${entry.phase}: ECS never said so`)
    }
    const wasLost = task.host !== null && sim().wasLost[task.host] === true
    if (entry.reason === 'host-loss' && !wasLost)
      violations.push(`${taskId} drained: its host was never lost`)
    if (isUnreadable(task)) return
    if (entry.reason === 'missing' && !task.forgotten)
      violations.push(`${taskId} counted as gone: it is there`)
    if (entry.phase === 'gone' && !isGone(task)) violations.push(`${taskId} deleted in ${task.last}`)
  }

  /** Where nothing could be read for long, one that drains anyway may be taken for gone; one that lives only if it alone is missing. */
  function isUnreadable(task: SimTask): boolean {
    return (sim().blind.long && !isLive(task)) || task.wasHiddenLong
  }

  function checkWritten(
    check: { ServiceID: string; Status: string; Output: string },
    before: ReadonlyMap<string, string>,
  ): void {
    const task = taskOf(check.ServiceID)
    if (task === undefined) return
    const isPassing = check.Status === 'passing'
    if (isPassing && stopped.has(task.id)) violations.push(`${check.ServiceID} passes after its stop`)
    const forgot = check.Output.startsWith('waiting') && before.get(check.ServiceID) === 'passing'
    if (forgot && !excused.has(task.id))
      violations.push(`${check.ServiceID} waits again after it was known to be healthy`)
  }

  function serviceDeleted(id: string): void {
    const task = taskOf(id)
    if (task === undefined || isGone(task) || excused.has(task.id)) return
    if (isUnreadable(task)) return
    const wanted = isWantedNow(task, id) && task.fewestBindings > 1
    if (wanted) violations.push(`${id} deleted while its task is ${task.desired}/${task.last}`)
  }

  function isStop(key: string): boolean {
    return stopped.has(taskIdOf(key)) && !excused.has(taskIdOf(key))
  }

  async function stopsCommitted(taskIds: readonly string[]): Promise<void> {
    const passing = (await consul.services()).filter(({ status }) => status === 'passing')
    for (const { id } of passing.filter((one) => taskIds.some((taskId) => one.id.includes(taskId)))) {
      violations.push(`${id} still passes in the transaction that records its stop`)
    }
  }

  function excuse(taskId: string | null): void {
    if (taskId !== null) excused.add(taskId)
  }

  return { see, excuse, violations }
}

function taskIdOf(key: string): string {
  return key.slice(folder.length)
}
