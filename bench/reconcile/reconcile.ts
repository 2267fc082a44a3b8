import { ensureNode } from '../../adapters/consul/node.ts'
import { createLog } from '../../adapters/log.ts'
import { ensureEpoch } from '../../functions/reconcile/epoch.ts'
import { createReconcileDeps } from '../../functions/reconcile/deps.ts'
import { createHandler, type ReconcileResult } from '../../functions/reconcile/handler.ts'
import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import { type AwsStandIn, startAwsStandIn } from '../aws-stand-in.ts'
import type { Benchmark } from '../benchmarks.ts'
import { type BenchConsul, withConsul } from '../consul.ts'
import { cluster, createFleet, type FleetTask } from '../fleet.ts'
import { countOf } from '../options.ts'
import { verifyCatalog } from '../register/expected.ts'
import { openLambdas, settings } from '../register/lambdas.ts'
import { playStorm } from '../register/storm.ts'
import { recordWire, type WireRequest, writesOf } from '../wire.ts'
import { watchMemory } from './memory.ts'

type Result = {
  readonly bench: 'reconcile'
  readonly tasks: number
  /** Operations on catalog and ledger. */
  readonly consul_writes: number
  /** Operations on the lease and the stamp. */
  readonly bookkeeping_writes: number
  /** Requests. */
  readonly consul_reads: number
  readonly ecs_calls: number
  readonly ms: number
  readonly calls_per_s: number
  readonly cpu_ms: number
  readonly peak_rss_mb: number
}

const page = 100
const handlers = 5

/**
 * One pass of the real reconcile handler over a fleet of which nothing has changed, counted at the wire. The process is warm, as
 * in all passes but its first: a pass that isn't counted has looked up definitions and hosts. Fails if the pass writes anything
 * but its bookkeeping, or asks ECS oftener than two calls per hundred tasks and the pages of its lists.
 */
export const reconcileBenchmark: Benchmark<Result> = {
  about: 'a reconcile pass over an unchanged fleet (2 min at the default rate of ECS calls)',
  options: '--tasks <n> (10000)  --calls-per-second <n> (as deployed)',
  async run(progress, args) {
    const tasks = countOf(args, 'tasks', 10_000)
    const rate = countOf(args, 'calls-per-second', 0)
    const { consul } = await ensureTools({ log: progress })
    return withConsul(consul, async (place) => {
      const fleet = createFleet(tasks)
      const aws = await startAwsStandIn(fleet)
      try {
        progress(`registering ${tasks} tasks`)
        await register(fleet, place, aws)
        const result = await measure(fleet, place, aws, rate, progress)
        await verifyCatalog(place.client, fleet.map((task) => ({ task, state: 'running' })))
        return result
      } finally {
        await aws.close()
      }
    })
  },
  describe,
}

async function register(fleet: readonly FleetTask[], { access, client }: BenchConsul, aws: AwsStandIn) {
  await ensureNode(client, cluster, settings.deployment)
  await ensureEpoch(client, settings.prefix, 'bench')
  const lambdas = openLambdas(handlers, access, aws)
  await playStorm(
    fleet.map((task) => ({ task, state: 'running' })),
    lambdas,
    aws,
    null,
  )
  await lambdas.close()
}

async function measure(
  fleet: readonly FleetTask[],
  { access }: BenchConsul,
  aws: AwsStandIn,
  rate: number,
  progress: (line: string) => void,
): Promise<Result> {
  const complaints: string[] = []
  const log = createLog((line) => {
    if (!line.startsWith('{"level":"info"')) complaints.push(line)
  })
  const wiring = { settings, access: async () => access, aws: aws.configs('reconcile'), log, clock: Date.now }
  const cold = createReconcileDeps({ ...wiring, ...(pace(100_000)) })
  const deps = createReconcileDeps({ ...wiring, ...(rate === 0 ? {} : pace(rate)) })
  try {
    const first = await pass({ ...cold }, aws)
    progress(`first pass, caches cold, ECS calls not paced: ${Math.round(first.ms)} ms, ${first.calls} ECS calls`)
    const ticking = setInterval(() => progress(`  ${aws.calls.length - first.total} calls`), 10_000)
    const counted = await pass({ ...deps, resolve: cold.resolve }, aws).finally(() => clearInterval(ticking))
    assertUnchanged(counted, fleet.length, complaints)
    return resultOf(counted, fleet.length)
  } finally {
    await Promise.all([cold.close(), deps.close()])
  }
}

function pace(callsPerSecond: number): object {
  return { callsPerSecond }
}
