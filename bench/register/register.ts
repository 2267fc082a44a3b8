import { ensureNode } from '../../adapters/consul/node.ts'
import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Tool } from '../../local/tools/tool.ts'
import { type AwsStandIn, startAwsStandIn } from '../aws-stand-in.ts'
import type { Benchmark } from '../benchmarks.ts'
import { withConsul } from '../consul.ts'
import { cluster, createFleet, type FleetTask } from '../fleet.ts'
import { countOf } from '../options.ts'
import type { Summary } from '../stats.ts'
import { opsOf, recordWire, type WireRequest, writesOf } from '../wire.ts'
import { instancesOf, verifyCatalog, verifyLedger } from './expected.ts'
import { openLambdas, settings } from './lambdas.ts'
import { registerOneAtATime } from './one-at-a-time.ts'
import { playStorm, type StormEvent, stormOf } from './storm.ts'

type Result = {
  readonly bench: 'register'
  readonly events: number
  readonly events_per_s: number
  readonly one_at_a_time_events_per_s: number
  readonly ratio: number
  readonly txns: number
  readonly ops_per_txn: number
  readonly ecs_calls: number
  readonly event_to_committed_ms: { readonly p50: number; readonly p99: number }
}

// What the stack sets as the highest concurrency of the queue's mapping.
const instances = 5
const fewestPaced = 200

/**
 * A deployment storm by the real handler, and the same events one at a time as an agent-style registrar does them, each into a
 * Consul of its own. The throughput is that of the whole storm being in the queue at once. `event_to_committed_ms` is measured
 * in a second storm whose events arrive evenly at half of that throughput: from an event's arrival in the queue to the answer
 * of the transaction, waiting and batching included. In the storm itself it would only say how long the queue was.
 */
export const registerBenchmark: Benchmark<Result> = {
  about: 'a deployment storm into Consul, against one registration at a time (1 min)',
  options: '--tasks <n> (5000): two events per task',
  async run(progress, args) {
    const tasks = countOf(args, 'tasks', 5_000)
    const tools = await ensureTools({ log: progress })
    const events = stormOf(createFleet(tasks))
    progress(
      `${events.length} events of ${tasks} tasks in 50 services, batches of 10, ${instances} handlers in one process`,
    )
    const storm = await measureStorm(tools.consul, tasks, progress)
    const single = await measureSingle(tools.consul, events)
    progress(`one at a time: ${Math.round(single)} events/s`)
    return {
      bench: 'register',
      events: events.length,
      events_per_s: Math.round(storm.perSecond),
      one_at_a_time_events_per_s: Math.round(single),
      ratio: tenths(storm.perSecond / single),
      txns: storm.txns,
      ops_per_txn: tenths(storm.ops / storm.txns),
      ecs_calls: storm.ecsCalls,
      event_to_committed_ms: { p50: storm.waited?.p50 ?? 0, p99: storm.waited?.p99 ?? 0 },
    }
  },
  describe,
}

type Storm = {
  readonly perSecond: number
  readonly txns: number
  readonly ops: number
  readonly ecsCalls: number
  readonly waited: Summary | null
}

function measureStorm(consul: Tool, tasks: number, progress: (line: string) => void): Promise<Storm> {
  const events = stormOf(createFleet(tasks))
  return withConsul(consul, async ({ access, client }) => {
    const paced = createFleet(tasks, 1)
    const aws = await startAwsStandIn([...paced, ...events.map(({ task }) => task)])
    const lambdas = openLambdas(instances, access, aws)
    try {
      const wire = recordWire()
      const storm = await playStorm(events, lambdas, aws, null)
      const counts = countWrites(wire.stop())
      const perSecond = (events.length / storm.ms) * 1_000
      const calls = aws.calls.length
      progress(`storm: ${Math.round(perSecond)} events/s, ${counts.txns} transactions, ${calls} AWS calls`)
      const later = pacedStorm(paced, perSecond / 2)
      const quiet = await playStorm(later, lambdas, aws, perSecond / 2)
      progress(`paced: ${later.length} events at ${Math.round(perSecond / 2)}/s`)
      assertSound(aws, lambdas.complaints, storm.redelivered + quiet.redelivered)
      await verifyCatalog(client, [...events, ...later])
      await verifyLedger(client, [...events, ...later])
      return { ...counts, perSecond, ecsCalls: ecsCalls(aws.calls.slice(0, calls)), waited: quiet.waited }
    } finally {
      await lambdas.close()
      await aws.close()
    }
  })
}

/** Some three seconds of it: enough for a percentile, whatever the throughput is. */
function pacedStorm(fleet: readonly FleetTask[], rate: number): readonly StormEvent[] {
  const tasks = Math.max(fewestPaced, Math.ceil((rate * 3) / 2))
  return stormOf(fleet.slice(0, tasks))
}

/** The registrar's node is there from its first start on, as ours is; making it isn't counted for either. */
function measureSingle(consul: Tool, events: readonly StormEvent[]): Promise<number> {
  const wanted = instancesOf([...new Set(events.map(({ task }) => task))])
  return withConsul(consul, async ({ access, client }) => {
    await ensureNode(client, cluster, settings.deployment)
    const ms = await registerOneAtATime(events, access, wanted)
    await verifyCatalog(client, events)
    return (events.length / ms) * 1_000
  })
}

function countWrites(requests: readonly WireRequest[]): { readonly txns: number; readonly ops: number } {
  const writing = requests.filter((request) => opsOf(request) !== null && writesOf(request).length > 0)
  return { txns: writing.length, ops: writing.reduce((sum, request) => sum + writesOf(request).length, 0) }
}

function ecsCalls(calls: AwsStandIn['calls']): number {
  return calls.filter(({ action }) => action.startsWith('ecs:')).length
}

/** A result that was reached in a wrong way is none. */
function assertSound(aws: AwsStandIn, complaints: readonly string[], redelivered: number): void {
  const definitions = aws.calls.filter(({ action }) => action === 'ecs:DescribeTaskDefinition')
  for (const [key, calls] of Map.groupBy(definitions, ({ caller, subject }) => `${caller} ${subject}`)) {
    if (calls.length > 1) throw new Error(`DescribeTaskDefinition was called ${calls.length} times by ${key}`)
  }
  if (complaints.length > 0 || redelivered > 0) {
    throw new Error(
      `${redelivered} messages came back, ${complaints.length} lines complain: ${complaints[0]}`,
    )
  }
}

function describe(result: Result): string {
  const { p50, p99 } = result.event_to_committed_ms
  const rows = [
    ['events', result.events],
    ['events/s', result.events_per_s],
    ['events/s, one at a time', result.one_at_a_time_events_per_s],
    ['ratio', result.ratio],
    ['transactions', result.txns],
    ['operations per transaction', result.ops_per_txn],
    ['ECS calls', result.ecs_calls],
    ['event → committed at half the rate, p50 ms', p50],
    ['event → committed at half the rate, p99 ms', p99],
  ]
  return table(['register', ''], rows)
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
