import type { TestContext } from 'node:test'
import { createMetrics } from '../../../adapters/metrics.ts'
import type { ReportedHost } from '../../../core/release/parse-report.ts'
import { type Racer, startRacer } from '../races/racer.ts'
import { openWorld, type World } from '../races/world.ts'
import { raisedBy } from './alarms-of.ts'
import type { MetricsLine } from './evaluate.ts'

export type MeasuredPublisher = {
  readonly world: World
  readonly publisher: Racer
  /** Lets minutes go by, and names the alarms that are raised then. */
  readonly after: (minutes: number) => Promise<readonly string[]>
}

export type MeasuredOptions = {
  readonly lock?: 'works' | 'broken'
  /** How many publishers are at work. */
  readonly publishers?: number
  readonly canary?: boolean
  readonly reports?: (world: World) => Promise<readonly ReportedHost[]>
}

const hour = 3_600_000

/** The real publisher with one service that is routed, whose metrics are looked at as CloudWatch would. */
export async function measuredPublisher(
  t: TestContext,
  { lock = 'works', publishers = 1, canary = false, reports = async () => [] }: MeasuredOptions = {},
): Promise<MeasuredPublisher> {
  const world = openWorld(1, { lock })
  const lines: MetricsLine[] = []
  const metrics = () => createMetrics('test', (line) => lines.push(JSON.parse(line)), world.now)
  world.truth.task('web', 't1', { port: 8001, reason: 'passing' })
  world.truth.proof('web', 't1', 'live')
  const racers = Array.from({ length: publishers }, (_, at) =>
    startRacer(world, `publisher ${at}`, {
      ...{ canary, lifeMs: hour, metrics: metrics(), reports: () => reports(world) },
    }),
  )
  t.after(async () => {
    for (const racer of racers) racer.stop()
    await world.pass(1_000)
    await world.close()
  })
  const [publisher] = racers
  if (publisher === undefined) throw new Error('there must be a publisher')
  // Before it has been at work for as long as an alarm looks back, silence is all that there was.
  await world.pass(16 * 60_000)
  return {
    ...{ world, publisher },
    after: async (minutes) => {
      await world.pass(minutes * 60_000)
      return raisedBy(lines, world.now()).filter((name) => !registering.includes(name))
    },
  }
}

/** These say that reconciling is silent, which a publisher alone can't help. */
const registering: readonly string[] = ['ReconcileSilent']
