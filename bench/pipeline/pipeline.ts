import { setTimeout as delay } from 'node:timers/promises'
import { createFeed } from '../../local/console/feed.ts'
import type { Change } from '../../local/console/timeline.ts'
import { openConsulView } from '../../local/consul-view.ts'
import { demoService } from '../../local/demo-service.ts'
import { tellEvents } from '../../local/live.ts'
import { hostNames, type Pipeline, startPipeline } from '../../local/pipeline.ts'
import { openProcesses, type Processes } from '../../local/processes/processes.ts'
import { createStage } from '../../local/script/pipeline-stage.ts'
import type { Stage } from '../../local/script/stage.ts'
import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Benchmark } from '../benchmarks.ts'
import type { Summary } from '../stats.ts'
import { measureBareChain } from './bare-chain.ts'
import { type Legs, legsOf } from './legs.ts'
import { observe } from './observer.ts'

type Result = {
  readonly bench: 'pipeline'
  readonly poll_ms: number
  readonly changes: number
  readonly spaced: Legs
  readonly burst: Legs
  readonly bare_chain: Summary | null
}

const changesPerRound = 30
const spacingMs = 5_000
const instances = 3
const pollMs = 1_000

/** Event → registered → published → serving, per leg, at rest and in a burst, with the bare chain of the same machine as the floor. */
export const pipelineBenchmark: Benchmark<Result> = {
  about: 'event → registered → published → serving on each host, against the bare chain (5 min)',
  async run(progress) {
    const tools = await ensureTools({ log: progress })
    const processes = await openProcesses()
    try {
      return await measure(processes, tools, progress)
    } finally {
      await processes.stopAll()
    }
  },
  describe,
}

async function measure(
  processes: Processes,
  tools: Awaited<ReturnType<typeof ensureTools>>,
  progress: (line: string) => void,
): Promise<Result> {
  const changes: Change[] = []
  const feed = createFeed({
    hosts: hostNames,
    now: Date.now,
    onChange: (change) => changes.push(change),
    onTrouble: progress,
  })
  const place = {
    port: 0,
    consulPort: 0,
    consulAddress: null,
    templates: null,
    bundles: false,
    graceSeconds: 5,
    pollMs,
  }
  const pipeline = await startPipeline({ ...place, tools, processes, log: feed.log })
  const consul = openConsulView(pipeline.access)
  tellEvents(pipeline, feed)
  const stage = createStage(pipeline, consul, feed.timeline)
  const observers = Object.fromEntries(stage.targets.map((target) => [target.host, observe(target)]))
  const round = async (name: string, play: () => Promise<void>) => {
    progress(`${name}: ${changesPerRound} changes`)
    await play()
    await stage.quiet()
    return legsOf(changes.splice(0), observers)
  }
  try {
    await stage.quiet()
    await round('start', () => stage.scale(instances))
    const spaced = await round('spaced', () => playSpaced(pipeline, stage, progress))
    const burst = await round('burst', () => playBurst(pipeline, stage))
    progress(`bare chain: ${changesPerRound} changes`)
    const bare = await measureBareChain(
      { access: pipeline.access, nginx: tools.nginx, processes },
      changesPerRound,
    )
    return { bench: 'pipeline', poll_ms: pollMs, changes: changesPerRound, spaced, burst, bare_chain: bare }
  } finally {
    await Promise.all(Object.values(observers).map((observer) => observer.stop()))
    await consul.close()
    await pipeline.close()
  }
}

/** One change at a time, each after everything has come to rest: a task joins, then one leaves. */
async function playSpaced(
  { cloud }: Pipeline,
  stage: Stage,
  progress: (line: string) => void,
): Promise<void> {
  for (let change = 0; change < changesPerRound; change += 1) {
    cloud.ecs.scale(demoService, change % 2 === 0 ? instances + 1 : instances)
    await delay(spacingMs)
    await stage.quiet()
    if ((change + 1) % 10 === 0) progress(`  ${change + 1} of ${changesPerRound}`)
  }
}

/** Changes as fast as ECS makes them: half of them tasks that join at once, then half of them the same tasks that leave at once. */
async function playBurst({ cloud }: Pipeline, stage: Stage): Promise<void> {
  const more = changesPerRound / 2
  for (let task = 1; task <= more; task += 1) cloud.ecs.scale(demoService, instances + task)
  // Otherwise the same tasks would be gone again before anybody published them.
  await stage.quiet()
  for (let task = more - 1; task >= 0; task -= 1) cloud.ecs.scale(demoService, instances + task)
}

function describe({ poll_ms, spaced, burst, bare_chain }: Result): string {
  const cells = (summary: Summary | null | undefined) => [summary?.p50 ?? '-', summary?.max ?? '-']
  const rows = Object.keys(spaced).map((leg) => [leg, ...cells(spaced[leg]), ...cells(burst[leg])])
  const head = ['milliseconds from the event', 'spaced p50', 'max', 'burst p50', 'max']
  const floor = `bare chain (write → file → nginx -s reload → serving): p50 ${bare_chain?.p50 ?? '-'}, max ${bare_chain?.max ?? '-'}`
  return [table(head, rows), '', floor, `agents poll every ${poll_ms} ms`].join('\n')
}
