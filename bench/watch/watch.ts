import { startS3 } from '../../local/aws/s3/start.ts'
import { table } from '../../local/table.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Tool } from '../../local/tools/tool.ts'
import type { Benchmark } from '../benchmarks.ts'
import { type BenchConsul, type BenchConsulOptions, withConsul } from '../consul.ts'
import { type BenchService, createServices, settings } from '../instances.ts'
import { choiceOf, countOf } from '../options.ts'
import { tenths } from '../stats.ts'
import { watchChanges } from './changes.ts'
import { startConsulTemplate } from './consul-template.ts'
import { fillConsul } from './fill-consul.ts'
import { type Figures, measureChanges, type Spread, spreadOf } from './measure.ts'
import { measurePublished, watchPointer } from './published.ts'
import { startPublisher } from './publisher.ts'

type Result = Figures & {
  readonly bench: 'watch'
  readonly services: number
  readonly instances: number
  readonly transport: 'h2' | 'http'
  readonly write_to_published_ms: Spread
  readonly consul_template: Figures | null
}

type Plan = {
  readonly services: readonly BenchService[]
  /** Made while rendering is measured, then while publishing is. */
  readonly changes: number
  readonly published: number
  readonly idleMs: number
  readonly transport: Result['transport']
  readonly progress: (line: string) => void
}

/**
 * The real publisher in a process of its own on a stock Consul, and, where CONSUL_TEMPLATE names a binary, that binary on another
 * Consul whose limit of connections is raised, with the same catalog and changes. `cold_ms` is from the start of the process
 * to the first rendering of everything. A change is one transaction about one instance; its time is from Consul's answer to
 * the whole plan, files in memory (to the file on disk for consul-template), or to the put of the pointer. CPU is of all that the
 * process does for a change, publishing at the pace of production included.
 */
export const watchBenchmark: Benchmark<Result> = {
  about:
    'from a write in Consul to rendered and published, against consul-template if CONSUL_TEMPLATE names it (2 min)',
  options:
    '--services <n> (1000)  --instances <n> (10)  --changes <n> (120)  --published <n> (12)  --transport h2|http (h2)  --idle-ms <n> (5000)',
  async run(progress, args) {
    const transport = choiceOf(args, 'transport', ['h2', 'http'])
    const plan: Plan = {
      services: createServices(countOf(args, 'services', 1_000), countOf(args, 'instances', 10)),
      changes: countOf(args, 'changes', 120),
      published: countOf(args, 'published', 12),
      idleMs: countOf(args, 'idle-ms', 5_000),
      transport,
      progress,
    }
    const { consul } = await ensureTools({ log: progress })
    progress(`Consul ${consul.version} on disk, ${transport === 'h2' ? 'TLS' : 'plain HTTP'}, its own limits`)
    const ours = await measureOurs(consul, plan)
    const binary = process.env.CONSUL_TEMPLATE ?? ''
    const theirs = binary === '' ? null : await measureTheirs(consul, binary, plan)
    if (theirs !== null) progress(compare(ours, theirs))
    return {
      bench: 'watch',
      services: plan.services.length,
      instances: plan.services[0]?.instances.length ?? 0,
      transport,
      ...ours,
      consul_template: theirs,
    }
  },
  describe,
}

function measureOurs(consul: Tool, plan: Plan): Promise<Figures & Pick<Result, 'write_to_published_ms'>> {
  return onConsul(consul, plan, {}, async (place) => {
    const s3 = await startS3({ buckets: { [settings.bucket]: 'Enabled' } })
    const pointer = watchPointer(s3)
    const publisher = await startPublisher(place.access, s3.url, endpointsOf(plan))
    try {
      const [cold, handler] = [publisher.coldMs, publisher.handlerMs].map(Math.round)
      plan.progress(`first rendering after ${cold} ms, ${handler} ms of it in the handler`)
      await pointer.first
      const all = watchChanges(plan.services, plan.changes + plan.published)
      const first = all.slice(0, plan.changes)
      const rendered = await measureSubject(publisher, place, first, plan)
      plan.progress(`${plan.published} changes after quiet, each published at once`)
      const published = await measurePublished(
        place.client,
        s3,
        pointer,
        all.slice(plan.changes),
        first.at(-1),
      )
      for (const line of publisher.complaints) plan.progress(`it logged: ${line}`)
      const { connections, rss_mb, ...times } = rendered
      return { ...times, write_to_published_ms: spreadOf(published), rss_mb, connections }
    } finally {
      await publisher.stop()
      await s3.close()
    }
  })
}

/** One for each service, and some for the rest. Consul refuses a limit that the system's limit of open files doesn't allow. */
const spareConnections = 500

function measureTheirs(consul: Tool, binary: string, plan: Plan): Promise<Figures> {
  const connectionsPerClient = plan.services.length + spareConnections
  plan.progress(`${binary} on another Consul, whose limit of connections is ${connectionsPerClient}`)
  return onConsul(consul, plan, { connectionsPerClient }, async (place) => {
    const subject = await startConsulTemplate(binary, place, endpointsOf(plan))
    try {
      plan.progress(`first rendering after ${Math.round(subject.coldMs)} ms`)
      return await measureSubject(subject, place, watchChanges(plan.services, plan.changes), plan)
    } finally {
      await subject.stop()
    }
  })
}

async function measureSubject(
  subject: Parameters<typeof measureChanges>[0],
  { client, access }: BenchConsul,
  changes: ReturnType<typeof watchChanges>,
  { progress, idleMs }: Plan,
): Promise<Figures> {
  progress(`${changes.length} changes, one by one`)
  const port = Number(new URL(access.addresses[0] ?? '').port)
  const { byKind, ...figures } = await measureChanges(subject, client, port, changes, idleMs)
  for (const [kind, samples] of byKind) progress(`  ${kind}: ${spread(spreadOf(samples))}`)
  return figures
}

function onConsul<T>(
  consul: Tool,
  { services, transport, progress }: Plan,
  options: BenchConsulOptions,
  work: (place: BenchConsul) => Promise<T>,
): Promise<T> {
  const measured = async (place: BenchConsul) => {
    const began = performance.now()
    await fillConsul(place.client, services)
    progress(`${services.length} services registered in ${Math.round(performance.now() - began)} ms`)
    return work(place)
  }
  return withConsul(consul, measured, { ...options, tls: transport === 'h2' })
}

function endpointsOf({ services }: Plan): number {
  return services.reduce((sum, { instances }) => sum + instances.length, 0)
}

function compare(ours: Figures, theirs: Figures): string {
  const pairs: readonly (readonly [string, number, number])[] = [
    ['cold', ours.cold_ms, theirs.cold_ms],
    ['rendered p50', ours.write_to_rendered_ms.p50, theirs.write_to_rendered_ms.p50],
    ['CPU per change', ours.cpu_ms_per_change, theirs.cpu_ms_per_change],
    ['MB', ours.rss_mb, theirs.rss_mb],
    ['connections', ours.connections, theirs.connections],
  ]
  const rows = pairs.map(([what, own, other]) => [what, own, other, own === 0 ? '-' : tenths(other / own)])
  return table(['', 'Quayside', 'consul-template', 'ratio'], rows)
}

function describe(result: Result): string {
  const { consul_template: theirs } = result
  const figures = (one: Figures | null) => [
    one?.cold_ms ?? '-',
    one === null ? '-' : spread(one.write_to_rendered_ms),
    one?.cpu_ms_per_change ?? '-',
    one?.rss_mb ?? '-',
    one?.connections ?? '-',
  ]
  const names = ['cold, ms', 'write → rendered', 'CPU ms per change', 'memory, MB', 'connections to Consul']
  const [ours, others] = [figures(result), figures(theirs)]
  const title = `${result.services} services × ${result.instances}, ${result.transport}`
  const rows = names.map((name, at) => [name, ours[at] ?? '-', others[at] ?? '-'])
  const published = ['write → published', spread(result.write_to_published_ms), '-']
  return table([title, 'Quayside', 'consul-template'], [...rows, published])
}

function spread({ p50, p90, max }: Spread): string {
  return `p50 ${p50} ms, p90 ${p90}, max ${max}`
}
