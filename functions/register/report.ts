import type { Log, LogFields } from '../../adapters/log.ts'
import { explain } from '../../core/errors.ts'
import type { Observation } from '../../core/task/task.ts'
import type { Applied } from './apply.ts'

type Written = Extract<Applied, { readonly result: 'written' }>

/** One line per task. Times are Unix milliseconds: the event's own, and when Consul had committed the write. */
export function reportTask({ task, at, source }: Observation, applied: Applied, log: Log): void {
  const base = { taskArn: task.arn, version: task.version, source, reason: applied.reason }
  reportProblems(task.arn, applied, log)
  if (applied.result === 'failed') {
    log.error('task-failed', { ...base, eventTime: at, reason: explain(applied.error) })
  } else if (applied.result === 'written') {
    const fields = writtenFields(applied)
    const service = fields.service ?? task.group.replace(/^service:/, '')
    log.info('task-registered', { ...base, ...fields, service, eventTime: at })
  } else {
    log.info('task-dropped', { ...base, result: applied.result })
  }
}

/** What a `task-registered` line says of the write, whoever caused it. */
export function writtenFields({ entry, committedAt }: Written): LogFields {
  const { version, phase, instances } = entry
  const services = [...new Set(instances.map(({ service }) => service))]
  return {
    service: services[0] ?? null,
    phase,
    version,
    committedAt,
    instances: instances.map(({ id }) => id),
  }
}

function reportProblems(taskArn: string, applied: Applied, log: Log): void {
  if (applied.result === 'unchanged' || applied.result === 'dropped') return
  for (const { container, port, problem, refused } of applied.made?.problems ?? []) {
    log.warn(refused ? 'instance-refused' : 'instance-warning', { taskArn, container, port, problem })
  }
}
