import { explain } from '../../core/errors.ts'
import { ledgerKey } from '../../core/ledger/keys.ts'
import { isTaskOf } from '../../core/task/arn.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { Observation } from '../../core/task/task.ts'
import type { ApplyDeps, LedgerRead } from './apply.ts'
import type { RegisterDeps } from './handler.ts'
import type { Seen } from './tasks.ts'

type ReadLedger = ApplyDeps['readLedger']

/** What is seen of tasks, waiting ones included, and how to read the ledger without reading twice what was read for that. */
export type WithWaiting = { readonly all: ReadonlyMap<string, Seen>; readonly readLedger: ReadLedger }

/** What one DescribeTasks call takes. More would cost each batch of a large deployment many calls; their own follow-ups see the rest. */
const mostRead = 100

/**
 * Before tasks are drained or deleted, the waiting instances of their services are looked at again: ECS stops old tasks when it sees the
 * new ones healthy, so they very likely are. Best effort: without it the new ones follow a few seconds later.
 */
export async function addWaiting(seen: ReadonlyMap<string, Seen>, deps: RegisterDeps): Promise<WithWaiting> {
  const drains = [...seen.values()].filter(({ observation }) => isStopping(observation))
  if (drains.length === 0) return { all: seen, readLedger: deps.readLedger }
  const all = new Map(seen)
  let readLedger = deps.readLedger
  try {
    const keys = [...seen.values()].map((one) => keyOf(one, deps))
    const ledger = await deps.readLedger(keys)
    readLedger = answerOnce(keys, ledger, deps.readLedger)
    for (const [cluster, members] of Map.groupBy(drains, ({ observation }) => observation.task.clusterArn)) {
      const services = members.flatMap((one) => servicesOf(ledger.get(keyOf(one, deps))))
      if (services.length === 0) continue
      const arns = await deps.waitingTasks([...new Set(services)])
      // A service of this name may live in other clusters too, and in another account under the same deployment id.
      const others = arns.filter((arn) => !all.has(arn) && isTaskOf(cluster, arn))
      const fresh = someOf(others, deps.random())
      if (fresh.length === 0) continue
      const at = deps.now()
      const { tasks } = await deps.describeTasks(cluster, fresh)
      for (const task of tasks)
        all.set(task.arn, {
          observation: { task, source: 'read', at },
          eventAt: null,
          records: [],
          hop: null,
        })
    }
  } catch (error) {
    const remedy = 'none needed: their own follow-ups look at them'
    deps.log.warn('waiting-not-read', { reason: explain(error), remedy })
  }
  return { all, readLedger }
}

/**
 * Answers each of these keys once with what was read just now. A write of somebody else in between fails the compare-and-set, and
 * the key is then read anew.
 */
function answerOnce(
  keys: readonly string[],
  found: ReadonlyMap<string, LedgerRead>,
  readLedger: ReadLedger,
): ReadLedger {
  const fresh = new Set(keys)
  return async (asked) => {
    const known = asked.filter((key) => fresh.delete(key))
    const others = asked.filter((key) => !known.includes(key))
    const read = others.length === 0 ? new Map<string, LedgerRead>() : await readLedger(others)
    return new Map([...read, ...known.flatMap((key) => entryOf(key, found))])
  }
}

function entryOf(
  key: string,
  found: ReadonlyMap<string, LedgerRead>,
): readonly (readonly [string, LedgerRead])[] {
  const read = found.get(key)
  return read === undefined ? [] : [[key, read]]
}

function isStopping({ task }: Observation): boolean {
  const phase = phaseOf(task)
  return phase === 'draining' || phase === 'gone'
}

/** Of a task that is draining already, the look was taken when it began to. */
function servicesOf(read: LedgerRead | undefined): readonly string[] {
  if (read?.entry?.phase !== 'live') return []
  return read.entry.instances.map(({ service }) => service)
}

/** Others at each time, so that some which don't become healthy don't keep the rest from being seen. */
function someOf(arns: readonly string[], random: number): readonly string[] {
  const start = Math.floor(random * arns.length)
  return [...arns.slice(start), ...arns.slice(0, start)].slice(0, mostRead)
}

function keyOf({ observation }: Seen, deps: RegisterDeps): string {
  return ledgerKey(deps.prefix, observation.task.key)
}
