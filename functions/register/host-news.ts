import { ledgerKey } from '../../core/ledger/keys.ts'
import type { TaskKey } from '../../core/ledger/ledger.ts'
import { hostLossFact, hostWarningFact } from '../../core/ledger/make-fact.ts'
import { parseClusterArn, taskArn } from '../../core/task/arn.ts'
import type { ContainerInstanceNews, InstanceNews } from '../../core/task/parse-record.ts'
import { type Applied, applyFacts, type Pending } from './apply.ts'
import type { Batch, QueueRecord } from './batch.ts'
import { followWritten } from './follow-up.ts'
import type { RegisterDeps } from './handler.ts'
import { writtenFields } from './report.ts'
import { applyObservations } from './tasks.ts'
import { onUsableHosts } from './usable-hosts.ts'

type HostNews = ContainerInstanceNews | InstanceNews

/**
 * A lost host's tasks drain at once, without waiting for ECS to notice, and those of one that is about to be taken away too, except that
 * they may be the last to serve; a host that is usable again takes its loss back after a fresh read. An instance that hosts none of our tasks costs one lookup.
 */
export async function applyHostNews(batch: Batch, deps: RegisterDeps): Promise<void> {
  for (const { record, news } of batch.parsed) {
    if (news.kind !== 'instance' && news.kind !== 'container-instance') continue
    try {
      await applyOne(record, news, batch, deps)
    } catch (error) {
      batch.fail(record, error)
    }
  }
}

async function applyOne(
  record: QueueRecord,
  news: HostNews,
  batch: Batch,
  deps: RegisterDeps,
): Promise<void> {
  if (news.state === 'other' || news.instanceId === null) {
    batch.settle(record)
    return
  }
  const tasks = (await deps.hostTasks(news.instanceId)).flatMap((key) => configured(key, deps))
  const applied = news.state === 'usable' ? await restore(tasks, deps) : await drainAll(tasks, news, deps)
  const written = [...applied.values()].filter(({ result }) => result === 'written').length
  if (news.state === 'lost' && written > 0) deps.metrics.count('HostLossTasks', written)
  // Every instance of the account has its say here; most host none of our tasks.
  if (tasks.length > 0)
    deps.log.info('host-news', { instanceId: news.instanceId, state: news.state, tasks: tasks.length })
  for (const [arn, result] of applied) report(arn, result, news, deps)
  for (const [arn, result] of applied) if (result.result === 'failed') batch.fail(record, result.error, arn)
  batch.settle(record)
}

type HostTask = { readonly key: TaskKey; readonly arn: string; readonly clusterArn: string }

function configured(key: TaskKey, deps: RegisterDeps): readonly HostTask[] {
  const found = deps.settings.clusters.find(({ arn }) => {
    const { account, region, cluster } = parseClusterArn(arn, 'clusters.arn')
    return account === key.account && region === key.region && cluster === key.cluster
  })
  return found === undefined ? [] : [{ key, arn: taskArn(found.arn, key.taskId), clusterArn: found.arn }]
}

function drainAll(
  tasks: readonly HostTask[],
  { state, at }: HostNews,
  deps: RegisterDeps,
): Promise<ReadonlyMap<string, Applied>> {
  const factOf = state === 'warned' ? hostWarningFact : hostLossFact
  const pending = tasks.map(
    (task): Pending => ({
      ...task,
      make: (entry) => ({ fact: factOf(task, entry, at), problems: [] }),
    }),
  )
  return applyFacts(pending, deps)
}

async function restore(
  tasks: readonly HostTask[],
  deps: RegisterDeps,
): Promise<ReadonlyMap<string, Applied>> {
  const ledger = await deps.readLedger(tasks.map(({ key }) => ledgerKey(deps.prefix, key)))
  const lost = tasks.filter(
    ({ key }) => ledger.get(ledgerKey(deps.prefix, key))?.entry?.reason === 'host-loss',
  )
  const results = new Map<string, Applied>()
  for (const [cluster, members] of Map.groupBy(lost, ({ clusterArn }) => clusterArn)) {
    const at = deps.now()
    const answer = await deps.describeTasks(
      cluster,
      members.map(({ arn }) => arn),
    )
    const observations = answer.tasks.map((task) => ({ task, source: 'read' as const, at }))
    // The news may be late, and the host lost again meanwhile.
    const usable = await onUsableHosts(cluster, observations, deps.usableHosts)
    const applied = await applyObservations(usable, deps, 'host-back')
    for (const [arn, result] of applied) results.set(arn, result)
    await followWritten(usable, applied, deps)
  }
  return results
}

function report(arn: string, applied: Applied, news: HostNews, deps: RegisterDeps): void {
  if (applied.result !== 'written') return
  const sources = { lost: 'host-loss', warned: 'host-warning', usable: 'host-back', other: null }
  const source = sources[news.state]
  deps.log.info('task-registered', { taskArn: arn, source, ...writtenFields(applied), eventTime: news.at })
}
