import { setTimeout as delay } from 'node:timers/promises'
import { QuaysideError } from '../../core/errors.ts'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import type { TaskRecord } from '../aws/ecs/model.ts'
import type { LocalEcs } from '../aws/ecs/start.ts'
import type { Timeline } from '../console/timeline.ts'
import type { ConsulView } from '../consul-view.ts'
import { demoService } from '../demo-service.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Stage } from './stage.ts'

const eventLimitMs = 60_000
const restLimitMs = 90_000
const restMs = 500

/** Longer than the publisher's own quiet time: the next change then meets it at rest, as most changes do. */
const quietMs = defaultPublishSettings.pace.quietMs + 200

/** The running pipeline as a walk-through may use it. Call it before the first task starts: it notes when each event came. */
export function createStage(pipeline: Pipeline, consul: ConsulView, timeline: Timeline): Stage {
  const { ecs } = pipeline.cloud
  const seen = new Map<string, number>()
  ecs.on('event', (event) => {
    const task = ecs.tasks().find(({ arn }) => event.resources.includes(arn))
    if (task === undefined) return
    for (const state of statesOf(task)) {
      const key = `${task.id} ${state}`
      if (!seen.has(key)) seen.set(key, Date.now())
    }
  })
  return {
    service: demoService,
    targets: pipeline.hosts.map(({ name, url }) => ({ host: name, url, hostName: 'hello.localhost' })),
    scale: async (count) => void ecs.scale(demoService, count),
    deploy: async () => void ecs.deploy(demoService),
    tasks: () =>
      ecs.tasks().map(({ id, nodeNumber, lastStatus, desiredStatus }) => ({
        ...{ taskId: id, node: `node${nodeNumber}`, lastStatus, desiredStatus },
      })),
    async eventOf(taskId, state) {
      const deadline = Date.now() + eventLimitMs
      for (;;) {
        const at = seen.get(`${taskId} ${state}`)
        if (at !== undefined) return at
        if (Date.now() > deadline) {
          const why = `ECS sent no ${state} event of task ${taskId} within ${eventLimitMs} ms`
          throw new QuaysideError('HOST_CONFIRM_FAILED', why)
        }
        await delay(5)
      }
    },
    isCurrent: (host) => isCurrent(timeline, host),
    quiet: () => quiet(ecs, timeline),
    passing: () => consul.passing(demoService),
  }
}

/** An event of ECS is known to nobody for some milliseconds, so rest must last before it counts. */
async function quiet(ecs: LocalEcs, timeline: Timeline): Promise<void> {
  const deadline = Date.now() + restLimitMs
  let restingSince: number | null = null
  while (restingSince === null || Date.now() - restingSince < restMs) {
    const published = Date.now() - (timeline.lastPublishedAt() ?? 0) < quietMs
    const resting = ecs.isSettled() && timeline.open().length === 0 && !published
    restingSince = resting ? (restingSince ?? Date.now()) : null
    if (!resting && Date.now() > deadline) throw notAtRest(timeline, ecs.isSettled())
    await delay(20)
  }
}

function notAtRest(timeline: Timeline, isSettled: boolean): QuaysideError {
  const open = timeline.open().map(({ event, phase }) => `${event.name} ${phase}`)
  const why = `${isSettled ? 'ECS is settled' : 'ECS is not settled'}; not yet on every host: ${open.join(', ') || 'nothing'}`
  return new QuaysideError(
    'HOST_CONFIRM_FAILED',
    `The pipeline did not come to rest within ${restLimitMs} ms. ${why}`,
  )
}

function isCurrent(timeline: Timeline, host: string): boolean {
  return timeline.open().every(({ liveAt }) => host in liveAt)
}

/** How many instances serve: running, whatever is wanted of them, because a stopping task still answers for its grace time. */
export function servingTasks(tasks: readonly TaskRecord[]): number {
  return tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING' || lastStatus === 'DEACTIVATING').length
}

function statesOf({
  lastStatus,
  desiredStatus,
}: TaskRecord): readonly ('RUNNING' | 'stopping' | 'STOPPED')[] {
  if (lastStatus === 'STOPPED') return ['stopping', 'STOPPED']
  if (desiredStatus === 'STOPPED') return ['stopping']
  return lastStatus === 'RUNNING' ? ['RUNNING'] : []
}
