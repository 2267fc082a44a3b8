import { setTimeout as delay } from 'node:timers/promises'
import { QuaysideError } from '../core/errors.ts'
import { clockTime, describeChange } from './console/describe-change.ts'
import { createFeed, type Feed } from './console/feed.ts'
import { readCommands } from './console/interactive.ts'
import { describePlaces } from './console/places.ts'
import { openConsulView } from './consul-view.ts'
import { demoService } from './demo-service.ts'
import type { LocalHost } from './fleet.ts'
import type { LocalOptions } from './options.ts'
import { hostNames, type Pipeline, startPipeline } from './pipeline.ts'
import type { Processes } from './processes/processes.ts'
import type { Print } from './run.ts'
import { playScript } from './script/play.ts'
import { ensureTools } from './tools/ensure-tools.ts'
import { hostNginxes } from './tools/host-nginxes.ts'

type Live = {
  readonly options: LocalOptions
  readonly processes: Processes
  readonly print: Print
  /** Where the script's one JSON line goes. */
  readonly result: Print
  /** What is given here is called at the end, the last first, however the end comes. */
  readonly onClose: (close: () => Promise<void>) => void
}

/** Starts the pipeline, lets a person or a script use it; returns the exit code. The caller ends it. */
export async function live({ options, processes, print, result, onClose }: Live): Promise<number> {
  const tools = await ensureTools({ log: print })
  const nginxes = await hostNginxes(tools.nginx, print)
  print(
    `Starting Consul ${tools.consul.version}, nginx ${nginxes.map(({ version }) => version).join(' and ')} on ${hostNames.length} hosts, and ECS …`,
  )
  const feed = createFeed({
    hosts: hostNames,
    now: Date.now,
    onChange: (change) => print(`${clockTime(Date.now())}  ${describeChange(change)}`),
    onTrouble: (line) => print(`${clockTime(Date.now())}  ! ${line}`),
  })
  const pipeline = await startPipeline({ ...options, tools, nginxes, processes, log: feed.log })
  onClose(pipeline.close)
  const consul = openConsulView(pipeline.access)
  onClose(consul.close)
  tellEvents(pipeline, feed)
  await released(pipeline)
  print(describePlaces(pipeline, options.script === null))
  if (options.script !== null) {
    const play = { pipeline, consul, timeline: feed.timeline, print, result, json: options.json }
    return await playScript(play)
  }
  pipeline.cloud.ecs.scale(demoService, 3)
  await readCommands({ pipeline, consul, print })
  return 0
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
  const deadline = Date.now() + firstReleaseLimitMs
  const waiting = () => hosts.filter(({ agent }) => agent.status().state?.confirmed == null)
  while (waiting().length > 0) {
    if (Date.now() > deadline) throw notReleased(waiting())
    await delay(20)
  }
}

const firstReleaseLimitMs = 60_000

function notReleased(hosts: readonly LocalHost[]): QuaysideError {
  const words = hosts.map(({ name, agent }) => `${name}: ${agent.status().last?.reason || 'no word yet'}`)
  const why = `No release came into force within ${firstReleaseLimitMs} ms (${words.join('; ')}).`
  return new QuaysideError(
    'HOST_CONFIRM_FAILED',
    `${why} The lines above that begin with "!" say what failed.`,
  )
}
