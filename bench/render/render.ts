import { parseHealth } from '../../core/catalog/parse-health.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'
import { table } from '../../local/table.ts'
import type { Benchmark } from '../benchmarks.ts'
import { type BenchService, createServices, healthEntry, settings } from '../instances.ts'
import { countOf } from '../options.ts'
import { percentile } from '../stats.ts'
import { changes, isLabel } from './changes.ts'
import { openRenderPublisher, type Planned } from './publisher.ts'

type Result = {
  readonly bench: 'render'
  readonly services: number
  readonly instances: number
  /** From the catalog to checked files: model, templates, self-check. */
  readonly full_ms: number
  /** The whole plan of a catalog that was never seen before, of which that is a part. */
  readonly full_plan_ms: number
  /** The whole plan after a change of one service, of whatever kind. */
  readonly one_change_ms: number
  /** The same after a change of a label, which alters the layout. */
  readonly label_change_ms: number
  /** Of all nginx configuration that a host gets. */
  readonly bytes: number
}

type Progress = (line: string) => void

/**
 * What rendering and planning cost, without Consul and S3. `full_ms` and `full_plan_ms` are medians of runs that each begin with nothing, of
 * a catalog that was never seen before: the first is model, templates and self-check, the second all that the publisher does, with
 * judgements, guard, upstreams and the layout's digests too. `one_change_ms` is the median of the whole plan over changes of one service at
 * a time, of endpoints and of labels in turn, by a publisher that has planned and published what was before; `label_change_ms` is
 * that of labels alone. Fails where a plan isn't what the catalog says, or where the changes one by one come to other bytes than all at once.
 */
export const renderBenchmark: Benchmark<Result> = {
  about: 'planning and rendering in memory, from nothing and after a change of one service (1 min)',
  options: '--services <n> (10000)  --instances <n> (3)  --runs <n> (7)  --changes <n> (60)  --verbose',
  async run(progress, args) {
    const services = createServices(countOf(args, 'services', 10_000), countOf(args, 'instances', 3))
    const verbose = args.includes('--verbose')
    const full = await measureFull(services, countOf(args, 'runs', 7), phasesTo(progress, verbose))
    progress(`full: ${spread(full.samples)} (the first: ${Math.round(full.samples[0]?.ms ?? 0)} ms)`)
    const samples = await measureChanges(services, countOf(args, 'changes', 60), phasesTo(progress, verbose))
    for (const [kind, planned] of samples) if (planned.length > 0) progress(`${kind}: ${spread(planned)}`)
    return {
      bench: 'render',
      services: services.length,
      instances: services[0]?.instances.length ?? 0,
      full_ms: medianOf(full.samples.map(({ renderMs }) => renderMs)),
      full_plan_ms: medianOf(full.samples.map(({ ms }) => ms)),
      one_change_ms: medianOf([...samples.values()].flat().map(({ ms }) => ms)),
      label_change_ms: medianOf(
        [...samples].flatMap(([kind, planned]) => (isLabel(kind) ? planned : [])).map(({ ms }) => ms),
      ),
      bytes: full.bytes,
    }
  },
  describe: ({ services, instances, full_ms, full_plan_ms, one_change_ms, label_change_ms, bytes }) =>
    table(
      ['render', ''],
      [
        ['services', services],
        ['instances of each', instances],
        ['rendered from nothing, ms', full_ms],
        ['planned from nothing, ms', full_plan_ms],
        ['planned after a change of one service, ms', one_change_ms],
        ['planned after a change of a label, ms', label_change_ms],
        ['bytes of configuration', bytes],
      ],
    ),
}

/** Without the plan, which nobody shall keep alive while others are made. */
type Took = Pick<Planned, 'ms' | 'cpuMs' | 'renderMs'>

function tookOf({ ms, cpuMs, renderMs }: Planned): Took {
  return { ms, cpuMs, renderMs }
}

type Note = (what: string, planned: Planned) => void

async function measureFull(services: readonly BenchService[], runs: number, note: Note) {
  const samples: Took[] = []
  let bytes = 0
  for (let run = 0; run < runs; run += 1) {
    const publisher = openRenderPublisher()
    // Parsed anew, so that nothing remembered by object can help either.
    const planned = publisher.plan(catalogOf(services))
    await publisher.close()
    bytes = bytesOf(planned, services)
    samples.push(tookOf(planned))
    note('full', planned)
  }
  return { samples, bytes }
}

async function measureChanges(services: readonly BenchService[], count: number, note: Note) {
  const publisher = openRenderPublisher()
  const catalog = catalogOf(services)
  let before = publisher.plan(catalog)
  await publisher.publish()
  const samples = new Map<string, Took[]>(Object.keys(changes).map((kind) => [kind, []]))
  for (let turn = 0; turn < count; turn += 1) {
    const [kind, change] = Object.entries(changes)[turn % samples.size] ?? ['', (same: BenchService) => same]
    // Spread over the whole catalog, and no service twice before all had their turn.
    const service = services[Math.floor((turn / count) * services.length)]
    if (service === undefined) throw new Error('a catalog without services has nothing to change')
    catalog.set(keyOf(service), snapshotOf(change(service, turn)))
    const planned = publisher.plan(catalog)
    if (filesOf(planned) === filesOf(before)) throw new Error(`a change of ${kind} changed nothing`)
    samples.get(kind)?.push(tookOf(planned))
    note(kind, planned)
    before = planned
    await publisher.publish()
  }
  await publisher.close()
  await verifyLast(before, catalog)
  return samples
}

/** Throws unless somebody who knows nothing of the changes comes to the same bytes. */
async function verifyLast(last: Planned, catalog: ReadonlyMap<SourceKey, ServiceSnapshot>): Promise<void> {
  const publisher = openRenderPublisher()
  const fresh = publisher.plan(catalog)
  await publisher.close()
  if (filesOf(fresh) !== filesOf(last))
    throw new Error('after all changes a new publisher renders other bytes')
}

/** Equal for plans that give hosts the same files. */
function filesOf({ plan }: Planned): string {
  const { content } = plan.composed ?? {}
  return JSON.stringify([content?.layout, content?.upstreams])
}

function catalogOf(services: readonly BenchService[]): Map<SourceKey, ServiceSnapshot> {
  return new Map(services.map((service) => [keyOf(service), snapshotOf(service)]))
}

function keyOf({ name }: BenchService): SourceKey {
  return sourceKey(name, settings.datacenter)
}

function snapshotOf({ name, instances }: BenchService): ServiceSnapshot {
  return parseHealth(instances.map(healthEntry), name, settings.datacenter)
}

/** Throws unless every service has a route and every instance is an endpoint. */
function bytesOf({ plan }: Planned, services: readonly BenchService[]): number {
  const { composed, problems } = plan
  if (composed === null || problems.length > 0) throw new Error(`the plan has problems: ${problems[0]}`)
  const servers = Object.values(composed.endpoints.sources).flat().length
  const wanted = services.reduce((sum, { instances }) => sum + instances.length, 0)
  if (servers !== wanted) throw new Error(`the plan has ${servers} endpoints of ${wanted}`)
  const { http, stream } = composed.content.upstreams
  return [...composed.layout.layout.files, http, stream].reduce((sum, { size }) => sum + size, 0)
}

function phasesTo(progress: Progress, verbose: boolean): Note {
  if (!verbose) return () => {}
  return (what, { ms, phases }) => {
    const parts = Object.entries(phases).map(([phase, spent]) => `${phase} ${spent.toFixed(1)}`)
    progress(`${what}: ${ms.toFixed(1)} ms = ${parts.join(' + ')}`)
  }
}

function medianOf(times: readonly number[]): number {
  return percentile(times, 0.5)
}

function spread(samples: readonly Took[]): string {
  const times = samples.map(({ ms }) => ms)
  const [p50, p90, max] = [0.5, 0.9, 1].map((part) => percentile(times, part))
  const cpu = percentile(
    samples.map(({ cpuMs }) => cpuMs),
    0.5,
  )
  return `p50 ${p50} ms, p90 ${p90} ms, max ${max} ms, CPU of the thread p50 ${cpu} ms over ${samples.length}`
}
