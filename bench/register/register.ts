import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Tool } from '../../local/tools/tool.ts'
import type { Benchmark } from '../benchmarks.ts'
import { countOf } from '../options.ts'
import { measureOneAtATime, measureStorm, type Storm } from './measure.ts'

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

type Round = { readonly storm: Storm; readonly single: number }

// What the stack sets as the highest concurrency of the queue's mapping.
const instances = 5

/**
 * A deployment storm (each task starts, then half of them drain, then those have stopped) by the real handlers, and the same
 * messages by a registrar of the agent's kind, each way into a Consul of its own that keeps its data on disk. Both in turn, in one
 * round to warm the code up and several more; the one with the median ratio is the result. All caches are cold in each.
 *
 * `events_per_s` is with the whole storm in the queue at once, in batches of ten. `event_to_committed_ms` comes from a second storm
 * whose events arrive evenly at half of that rate: from an event's arrival in the queue to the answer of its transaction,
 * waiting and batching included. In the first storm it would only tell how long the queue was.
 */
export const registerBenchmark: Benchmark<Result> = {
  about: 'a deployment storm into Consul, against one registration at a time (1 min)',
  options: '--tasks <n> (5000; two events each)  --rounds <n> (3)  --handlers <n> (5)',
  async run(progress, args) {
    const tasks = countOf(args, 'tasks', 5_000)
    const rounds = countOf(args, 'rounds', 3)
    const handlers = countOf(args, 'handlers', instances)
    const { consul } = await ensureTools({ log: progress })
    progress(
      `${tasks} tasks of 50 services, a fifth of them on EC2; batches of 10; Consul ${consul.version} on disk, TLS`,
    )
    progress(
      `${handlers} handlers in this process, each with its own connections and caches; code warm, caches cold`,
    )
    // Nobody is measured with cold code: neither way, and not the one for having come first.
    await measureRound(consul, tasks, handlers)
    const done: Round[] = []
    for (let round = 1; round <= rounds; round += 1) {
      const measured = await measureRound(consul, tasks, handlers)
      done.push(measured)
      const speeds = [measured.storm.perSecond, measured.single].map(
        (speed) => `${Math.round(speed)} events/s`,
      )
      progress(
        `round ${round} of ${rounds}: ${speeds.join(', one at a time ')}, ratio ${tenths(ratioOf(measured))}`,
      )
    }
    return resultOf(median(done), tasks)
  },
  describe,
}

async function measureRound(consul: Tool, tasks: number, handlers: number): Promise<Round> {
  const storm = await measureStorm(consul, tasks, handlers)
  return { storm, single: await measureOneAtATime(consul, tasks) }
}

function resultOf({ storm, single }: Round, tasks: number): Result {
  return {
    bench: 'register',
    events: tasks + 2 * Math.floor(tasks / 2),
    events_per_s: Math.round(storm.perSecond),
    one_at_a_time_events_per_s: Math.round(single),
    ratio: tenths(ratioOf({ storm, single })),
    txns: storm.txns,
    ops_per_txn: tenths(storm.ops / storm.txns),
    ecs_calls: storm.ecsCalls,
    event_to_committed_ms: { p50: storm.waited?.p50 ?? 0, p99: storm.waited?.p99 ?? 0 },
  }
}

function median(rounds: readonly Round[]): Round {
  const sorted = rounds.toSorted((a, b) => ratioOf(a) - ratioOf(b))
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]
  if (middle === undefined) throw new Error('no round was measured')
  return middle
}

function ratioOf({ storm, single }: Round): number {
  return storm.perSecond / single
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
