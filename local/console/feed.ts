import type { Log, LogFields } from '../../adapters/log.ts'
import type { TaskRecord } from '../aws/ecs/model.ts'
import type { AwsEvent } from '../aws/events/event-bus.ts'
import { type Change, createTimeline, type Registered, type Timeline } from './timeline.ts'

export type Feed = {
  /** Give this to every part of the pipeline; what the parts log is what the console tells. */
  readonly log: Log
  /** Give this ECS's events. */
  readonly taskEvent: (event: AwsEvent, task: TaskRecord | undefined) => void
  readonly timeline: Timeline
}

export type FeedOptions = {
  readonly hosts: readonly string[]
  readonly now: () => number
  readonly onChange: (change: Change) => void
  /** A warning or error of any part, in one line. */
  readonly onTrouble: (line: string) => void
}

/** Turns the parts' own log events into the timeline, so that the console shows what production logs would say. */
export function createFeed({ hosts, now, onChange, onTrouble }: FeedOptions): Feed {
  const timeline = createTimeline(hosts, onChange)
  const info = (event: string, fields: LogFields = {}) => tell(timeline, event, fields, now())
  const trouble = (event: string, fields: LogFields = {}) => onTrouble(`${event} ${words(fields)}`)
  return {
    timeline,
    log: { info, warn: trouble, error: trouble },
    taskEvent(event, task) {
      if (event['detail-type'] !== 'ECS Task State Change' || task === undefined) return
      timeline.taskEvent({
        taskArn: task.arn,
        name: taskName(task),
        status: statusOf(task),
        version: task.version,
        at: now(),
        servers: task.containers.flatMap(({ networkBindings }) =>
          networkBindings.map(({ hostPort }) => `127.0.0.1:${hostPort}`),
        ),
      })
    },
  }
}

/** `hello node3 (7f1c2d3e)`: what answers, and the beginning of the id that commands take. */
export function taskName(task: TaskRecord): string {
  return `${task.service ?? task.definition.family} node${task.nodeNumber} (${task.id.slice(0, 8)})`
}

/** ECS's status, except that a task which still runs but is to stop is what everybody calls stopping, whatever step of it is seen first. */
function statusOf({ lastStatus, desiredStatus }: TaskRecord): string {
  return desiredStatus === 'STOPPED' && stoppingStatuses.includes(lastStatus) ? 'stopping' : lastStatus
}

const stoppingStatuses: readonly string[] = ['RUNNING', 'DEACTIVATING', 'STOPPING']

type PublishedFields = {
  readonly generation: number
  readonly releaseId: string
  readonly publishedAt: number
  readonly changes: readonly { joined: readonly string[]; left: readonly { server: string }[] }[]
}

function tell(timeline: Timeline, event: string, fields: LogFields, now: number): void {
  if (event === 'task-registered') {
    const { taskArn, version, phase, committedAt } = fields as Registered & { committedAt: number }
    timeline.registered({ taskArn, version, phase, at: committedAt })
  } else if (event === 'published') {
    const { generation, releaseId, publishedAt, changes } = fields as PublishedFields
    const joined = changes.flatMap((change) => change.joined)
    const left = changes.flatMap((change) => change.left.map(({ server }) => server))
    timeline.published({ generation, releaseId, joined, left, at: publishedAt })
  } else if (event === 'host-live') {
    const { host, generation } = fields as { host: string; generation: number }
    timeline.hostLive({ host, generation, at: now })
  }
}

function words(fields: LogFields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
