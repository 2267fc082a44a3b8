import { chunksOf } from '../../adapters/chunks.ts'
import { describedAtOnce, type TasksAnswer } from '../../adapters/ecs.ts'
import type { LedgerEntry } from '../../core/ledger/ledger.ts'
import type { KnownTask } from '../../core/reconcile/known.ts'
import { taskArn } from '../../core/task/arn.ts'
import type { Observation } from '../../core/task/task.ts'
import type { ReconcileDeps } from './cluster.ts'

/** What ECS says of a cluster's tasks. */
export type Listing = {
  readonly observations: readonly Observation[]
  /** Known tasks, by id, that ECS says it doesn't know; none where anything could not be read. */
  readonly missing: ReadonlyMap<string, LedgerEntry>
  /** How many tasks ECS listed, whatever their status. */
  readonly listed: number
  /** The first call that failed. What was read before it is true all the same, but absence then proves nothing. */
  readonly failure: unknown
}

/**
 * Lists the cluster with both desired statuses (a task that is being stopped stands in the other list), all pages, and
 * describes them and every known task beside. After a call that fails ECS is asked nothing more; throws where nothing was read.
 */
export async function listCluster(
  clusterArn: string,
  known: ReadonlyMap<string, KnownTask>,
  deps: ReconcileDeps,
): Promise<Listing> {
  const { arns: listed, failure: unlisted } = await listBoth(clusterArn, deps)
  const ids = new Set([...listed].map(idOf))
  const absent = [...known.values()].filter(({ taskId, entry }) => entry.phase !== 'gone' && !ids.has(taskId))
  const unseen = unlisted === null ? absent.map(({ taskId }) => taskArn(clusterArn, taskId)) : []
  const asked = [...listed, ...unseen]
  const { observations, missing, failure: unread } = await describeAll(clusterArn, asked, listed, deps)
  const failure = unlisted ?? unread
  if (failure !== null && observations.length === 0) throw failure
  const gone = failure === null ? absent.filter(({ taskId }) => missing.has(taskId)) : []
  return {
    observations,
    missing: new Map(gone.map((one) => [one.taskId, one.entry])),
    listed: listed.size,
    failure,
  }
}

async function listBoth(
  clusterArn: string,
  { ecs }: Pick<ReconcileDeps, 'ecs'>,
): Promise<{ readonly arns: ReadonlySet<string>; readonly failure: unknown }> {
  const arns = new Set<string>()
  try {
    for (const arn of await ecs.listTasks(clusterArn, 'RUNNING')) arns.add(arn)
    for (const arn of await ecs.listTasks(clusterArn, 'STOPPED')) arns.add(arn)
    return { arns, failure: null }
  } catch (failure) {
    return { arns, failure }
  }
}

type Described = {
  readonly observations: readonly Observation[]
  readonly missing: ReadonlySet<string>
  readonly failure: unknown
}

/** Call by call, so that what one of them says isn't lost with the next one. */
async function describeAll(
  clusterArn: string,
  asked: readonly string[],
  listed: ReadonlySet<string>,
  deps: ReconcileDeps,
): Promise<Described> {
  const observations: Observation[] = []
  const missing = new Set<string>()
  for (const arns of chunksOf(asked, describedAtOnce)) {
    const at = deps.now()
    try {
      const answer = await deps.ecs.describeTasks(clusterArn, arns)
      for (const { arn, error } of answer.malformed) {
        deps.log.error('task-malformed', { taskArn: arn, reason: String(error) })
      }
      reportUnanswered(clusterArn, arns, listed, answer, deps)
      observations.push(...answer.tasks.map((task): Observation => ({ task, source: 'read', at })))
      for (const arn of answer.missing) missing.add(idOf(arn))
    } catch (failure) {
      return { observations, missing, failure }
    }
  }
  return { observations, missing, failure: null }
}

/**
 * Tasks that ECS was asked about and said nothing of, or listed and doesn't know a moment later: it proves nothing, so they stay as
 * they are, and somebody should know.
 */
function reportUnanswered(
  cluster: string,
  asked: readonly string[],
  listed: ReadonlySet<string>,
  answer: TasksAnswer,
  deps: ReconcileDeps,
): void {
  const said = [...answer.tasks, ...answer.malformed].map(({ arn }) => arn)
  const answered = new Set([...said, ...answer.missing.filter((arn) => !listed.has(arn))])
  const tasks = asked.filter((arn) => !answered.has(arn))
  if (tasks.length === 0) return
  deps.log.error('tasks-unanswered', {
    cluster,
    count: tasks.length,
    tasks: tasks.slice(0, 10),
    reason:
      'DescribeTasks named them neither as tasks nor as failures, or as MISSING although they had just been listed',
  })
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}
