import { setTimeout as delay } from 'node:timers/promises'
import { clockTime, describeChange } from './console/describe-change.ts'
import { createFeed, type Feed } from './console/feed.ts'
import { readCommands } from './console/interactive.ts'
import { describePlaces } from './console/places.ts'
import { openConsulView } from './consul-view.ts'
import { demoService } from './demo-service.ts'
import type { LocalOptions } from './options.ts'
import { hostNames, type Pipeline, startPipeline } from './pipeline.ts'
import type { Processes } from './processes/processes.ts'
import type { Print } from './run.ts'
import { playScript } from './script/play.ts'
import { ensureTools } from './tools/ensure-tools.ts'

type Live = {
  readonly options: LocalOptions
  readonly processes: Processes
  readonly print: Print
  /** Where the script's one JSON line goes. */
  readonly result: Print
}

/** Starts the pipeline, lets a person or a script use it, and ends it; returns the exit code. */
export async function live({ options, processes, print, result }: Live): Promise<number> {
  const tools = await ensureTools({ log: print })
  const feed = createFeed({
    hosts: hostNames,
    now: Date.now,
    onChange: (change) => print(`${clockTime(Date.now())}  ${describeChange(change)}`),
    onTrouble: (line) => print(`${clockTime(Date.now())}  ! ${line}`),
  })
  const pipeline = await startPipeline({ ...options, tools, processes, log: feed.log })
  const consul = openConsulView(pipeline.access)
  try {
    tellEvents(pipeline, feed)
    await released(pipeline)
    print(describePlaces(pipeline))
    if (options.script !== null)
      return await playScript({
        pipeline,
        consul,
        timeline: feed.timeline,
        print,
        result,
        json: options.json,
      })
    pipeline.cloud.ecs.scale(demoService, 3)
    await readCommands({ pipeline, consul, print })
    return 0
  } finally {
    await consul.close()
    await pipeline.close()
  }
}

/** Lets the feed hear ECS's events as they are sent. */
export function tellEvents({ cloud }: Pipeline, feed: Feed): void {
  cloud.ecs.on('event', (event) => {
    const task = cloud.ecs.tasks().find(({ arn }) => event.resources.includes(arn))
    feed.taskEvent(event, task)
  })
}

/** The first release is empty of routes, but it is checked, signed and in force on every host. */
async function released({ hosts }: Pipeline): Promise<void> {
  while (hosts.some(({ agent }) => agent.status().state?.confirmed == null)) await delay(20)
}
