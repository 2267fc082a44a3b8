import type { TasksAnswer } from '../../adapters/ecs.ts'
import type { LedgerEntry } from '../../core/ledger/ledger.ts'
import type { KnownTask } from '../../core/reconcile/known.ts'
import { taskArn } from '../../core/task/arn.ts'
import type { Observation } from '../../core/task/task.ts'
import type { ReconcileDeps } from './cluster.ts'

/** What ECS says of a cluster's tasks. */
export type Listing = {
  readonly observations: readonly Observation[]
  /** Known tasks, by id, that ECS says it doesn't know. */
  readonly missing: ReadonlyMap<string, LedgerEntry>
  /** How many tasks ECS listed, whatever their status. */
  readonly listed: number
}

/**
 * Lists the cluster with both desired statuses (a task that is being stopped stands in the other list), all pages, and
 * describes them and every known task beside. Any failure throws: a partial list proves nothing.
 */
export async function listCluster(
  clusterArn: string,
  known: ReadonlyMap<string, KnownTask>,
  deps: ReconcileDeps,
): Promise<Listing> {
  const running = await deps.ecs.listTasks(clusterArn, 'RUNNING')
  const stopped = await deps.ecs.listTasks(clusterArn, 'STOPPED')
  const listed = new Set([...running, ...stopped])
  const ids = new Set([...listed].map(idOf))
  const absent = [...known.values()].filter(({ taskId, entry }) => entry.phase !== 'gone' && !ids.has(taskId))
  const asked = [...listed, ...absent.map(({ taskId }) => taskArn(clusterArn, taskId))]
  const at = deps.now()
  const answer = await deps.ecs.describeTasks(clusterArn, asked)
  for (const { arn, error } of answer.malformed) {
    deps.log.error('task-malformed', { taskArn: arn, reason: String(error) })
  }
  reportUnanswered(clusterArn, asked, listed, answer, deps)
  const unknown = new Set(answer.missing.map(idOf))
  return {
    observations: answer.tasks.map((task) => ({ task, source: 'read', at })),
    missing: new Map(
      absent.filter(({ taskId }) => unknown.has(taskId)).map((one) => [one.taskId, one.entry]),
    ),
    listed: listed.size,
  }
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
