import type { Pipeline } from '../pipeline.ts'
import { table } from '../table.ts'
import { taskName } from './feed.ts'

/** Three views of the same moment side by side: what ECS runs, what Consul says of it, and what each host has in force. */
export function describeStatus(pipeline: Pipeline, passing: ReadonlySet<string>): string {
  const tasks = pipeline.cloud.ecs.tasks().filter(({ lastStatus }) => lastStatus !== 'STOPPED')
  const taskRows = tasks.map((task) => [
    taskName(task),
    `${task.lastStatus}${task.desiredStatus === 'STOPPED' ? ' (stopping)' : ''}`,
    passing.has(task.id) ? 'passing' : '-',
    task.containers.flatMap(({ networkBindings }) => networkBindings.map(({ hostPort }) => hostPort))[0] ??
      '-',
  ])
  const hostRows = pipeline.hosts.map(({ name, url, nginxVersion, agent }) => {
    const { last, state, mode } = agent.status()
    const confirmed = state?.confirmed ?? null
    return [
      name,
      url,
      nginxVersion,
      mode ?? '-',
      confirmed?.generation ?? '-',
      confirmed?.releaseId.slice(0, 12) ?? '-',
      last === null ? '-' : `${last.outcome}${last.reason === '' ? '' : `: ${last.reason}`}`,
    ]
  })
  return [
    taskRows.length === 0
      ? 'no tasks run; scale <service> <n> starts some'
      : table(['task', 'ECS', 'Consul', 'port'], taskRows),
    table(['host', 'url', 'nginx', 'mode', 'generation', 'release', 'last cycle'], hostRows),
  ].join('\n\n')
}
