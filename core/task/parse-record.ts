import { explain, QuaysideError } from '../errors.ts'
import { type Fields, fieldsOf, optionalTextOf, textOf, wholeOf, wrong } from './fields.ts'
import { parseTask } from './parse-task.ts'
import type { Observation } from './task.ts'

/** A delayed message of ours: look again at the health of these tasks. `hop` counts the looks so far. */
export type HealthMessage = {
  readonly kind: 'health'
  readonly cluster: string
  readonly tasks: readonly string[]
  readonly hop: number
}

export type ContainerInstanceNews = {
  readonly kind: 'container-instance'
  readonly clusterArn: string
  /** Null for a machine that never got one. */
  readonly instanceId: string | null
  readonly state: 'lost' | 'usable' | 'other'
  readonly at: number
}

export type InstanceNews = {
  readonly kind: 'instance'
  readonly instanceId: string
  /** `warned`: EC2 takes it away in two minutes. */
  readonly state: 'lost' | 'warned' | 'other'
  readonly at: number
}

export type TaskNews = Observation & { readonly kind: 'task' }

/** What one queue message says, by kind. */
export type News =
  | TaskNews
  | ContainerInstanceNews
  | InstanceNews
  | HealthMessage
  | { readonly kind: 'ignored'; readonly reason: string }

/** Parses the body of one queue message. Throws EVENT_INVALID that names the field, its value, and what it must be. */
export function parseRecord(body: string): News {
  const fields = fieldsOf(parseJson(body), 'body')
  if (fields.value.kind === 'health') return parseHealth(fields)
  const type = textOf(fields, 'detail-type')
  if (type === 'ECS Task State Change') {
    return { kind: 'task', task: parseTask(fields.value.detail), source: 'event', at: timeOf(fields) }
  }
  if (type === 'ECS Container Instance State Change') return parseContainerInstance(fields)
  if (type === 'EC2 Instance State-change Notification') return parseInstance(fields)
  if (type === 'EC2 Spot Instance Interruption Warning') return parseInterruption(fields)
  return { kind: 'ignored', reason: `detail-type ${JSON.stringify(type.slice(0, 80))} is none of ours` }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    // The parser's own words quote the text, which may hold overrides; only the position is told.
    const place = /position \d+/.exec(explain(error))?.[0] ?? 'its end'
    throw new QuaysideError(
      'EVENT_INVALID',
      `body is not JSON (at ${place}); it must be an EventBridge event`,
    )
  }
}

function parseHealth(fields: Fields): HealthMessage {
  const tasks = fields.value.tasks
  if (!Array.isArray(tasks) || !tasks.every((task): task is string => typeof task === 'string')) {
    throw wrong('body.tasks', tasks, 'a list of task ARNs')
  }
  return { kind: 'health', cluster: textOf(fields, 'cluster'), tasks, hop: wholeOf(fields, 'hop') }
}

function parseContainerInstance(fields: Fields): ContainerInstanceNews {
  const detail = fieldsOf(fields.value.detail, 'detail')
  const status = textOf(detail, 'status')
  // A disconnected agent is normal several times an hour: it says nothing about the tasks.
  const usable = status === 'ACTIVE' && detail.value.agentConnected === true
  return {
    kind: 'container-instance',
    clusterArn: textOf(detail, 'clusterArn'),
    instanceId: optionalTextOf(detail, 'ec2InstanceId'),
    state: status === 'INACTIVE' ? 'lost' : usable ? 'usable' : 'other',
    at: timeOf(fields),
  }
}

const lostStates = new Set(['stopping', 'stopped', 'shutting-down', 'terminated'])

function parseInstance(fields: Fields): InstanceNews {
  const detail = fieldsOf(fields.value.detail, 'detail')
  const lost = lostStates.has(textOf(detail, 'state'))
  return {
    kind: 'instance',
    instanceId: textOf(detail, 'instance-id'),
    state: lost ? 'lost' : 'other',
    at: timeOf(fields),
  }
}

function parseInterruption(fields: Fields): InstanceNews {
  const detail = fieldsOf(fields.value.detail, 'detail')
  // Hibernation begins with the warning; what is stopped or terminated has two minutes left.
  const isAtOnce = textOf(detail, 'instance-action') === 'hibernate'
  return {
    kind: 'instance',
    instanceId: textOf(detail, 'instance-id'),
    state: isAtOnce ? 'lost' : 'warned',
    at: timeOf(fields),
  }
}

function timeOf(fields: Fields): number {
  const text = textOf(fields, 'time')
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw wrong('body.time', text, 'a time in ISO 8601')
  return time
}
