import type { Log, LogFields } from '../../adapters/log.ts'
import { explain, isRetryable, QuaysideError } from '../../core/errors.ts'
import type { Observation } from '../../core/task/task.ts'
import type { Applied } from './apply.ts'
import type { RecordFailure } from './batch.ts'

type Written = Extract<Applied, { readonly result: 'written' }>

// A line names so many of what it counts; the rest are like them.
const mostNamed = 10

/** One line per task. Times are Unix milliseconds: the event's own, and when Consul had committed the write. */
export function reportTask({ task, at, source }: Observation, applied: Applied, log: Log): void {
  const base = { taskArn: task.arn, version: task.version, source, reason: applied.reason }
  reportProblems(task.arn, applied, log)
  if (applied.result === 'failed') {
    const retryable = isRetryable(applied.error)
    const remedy = retryable ? 'none needed: it is tried again' : 'mend the cause named here'
    log[retryable ? 'warn' : 'error']('task-failed', {
      ...base,
      eventTime: at,
      ...errorFields(applied.error),
      remedy,
    })
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

/**
 * One line per kind of failure in a batch: while Consul is away, a storm of events would otherwise be as many lines at each attempt.
 * What is delivered again is a warning; what waits for somebody is an error.
 */
export function reportFailures(failures: readonly RecordFailure[], log: Log): void {
  const kinds = Map.groupBy(failures, ({ error }) => `${codeOf(error)} ${explain(error)}`)
  for (const members of kinds.values()) {
    const [first] = members
    if (first === undefined) continue
    const tasks = [...new Set(members.flatMap(({ taskArn }) => taskArn ?? []))]
    const retryable = isRetryable(first.error)
    const remedy = retryable
      ? 'none needed: the message is delivered again'
      : 'the message goes to the dead-letter queue; mend the cause named here and redrive it'
    log[retryable ? 'warn' : 'error']('record-failed', {
      records: members.length,
      messageId: first.record.messageId,
      ...(members.length > 1 ? { messageIds: named(members.map(({ record }) => record.messageId)) } : {}),
      ...(tasks.length === 1 ? { taskArn: tasks[0] } : {}),
      ...(tasks.length > 1 ? { taskArns: named(tasks) } : {}),
      ...errorFields(first.error),
      retryable,
      remedy,
    })
  }
}

function named(all: readonly string[]): readonly string[] {
  return all.length > mostNamed ? [...all.slice(0, mostNamed), `and ${all.length - mostNamed} more`] : all
}

function errorFields(error: unknown): LogFields {
  return { code: codeOf(error), reason: explain(error) }
}

function codeOf(error: unknown): string {
  return error instanceof QuaysideError ? error.code : 'UNEXPECTED'
}

const labelRemedy = 'correct it in the task definition and deploy that; the other ports are registered'

/** Told when they matter: at a write, or where nothing is left to be written. */
function reportProblems(taskArn: string, applied: Applied, log: Log): void {
  for (const { container, port, problem, refused } of problemsOf(applied)) {
    if (refused) log.error('instance-refused', { taskArn, container, port, problem, remedy: labelRemedy })
    else log.warn('instance-warning', { taskArn, container, port, problem })
  }
}

/** What was found wrong with instances of the task, where this is the time to tell it. */
export function problemsOf(applied: Applied): NonNullable<Applied['made']>['problems'] {
  const isNews =
    applied.result === 'written' || applied.result === 'failed' || applied.reason === 'nothing-wanted'
  return isNews ? (applied.made?.problems ?? []) : []
}
