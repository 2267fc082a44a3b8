import type { PublisherState } from '../../core/publish/state.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'
import type { LiveData } from '../../core/template/live-data.ts'
import { type Need, needText, sortedNeeds } from '../../core/template/need.ts'
import type { OperatorFiles } from '../../core/template/operator-files.ts'
import { noNeeds } from './needs.ts'

export type OperatorOutcome = {
  readonly needs: readonly Need[]
  /** Whether a file that isn't in force waits for data to be read. */
  readonly lacks: boolean
  readonly problems: readonly string[]
  readonly remembered: PublisherState['templates']
}

type Rendered = {
  readonly results: readonly OperatorFiles[]
  readonly notes: readonly string[]
  readonly lacks: boolean
}

/** What came of all that was rendered in one plan; `before` is what was remembered until then. */
export function outcomeOf(
  { results, notes, lacks }: Rendered,
  datacenters: readonly string[],
  before: PublisherState['templates'],
  live: LiveData,
): OperatorOutcome {
  const [only, ...others] = results
  if (only === undefined) return before.size === 0 ? nothing : { ...nothing, remembered: new Map() }
  const needs = others.length === 0 ? only.needs : sortedNeeds(results.flatMap((one) => one.needs))
  const missing = results.flatMap((one) => one.missing)
  const beyond = missing.filter((need) => isBeyond(need, datacenters))
  const problems = [...results.flatMap((one) => one.problems), ...notes, ...beyond.map(explainBeyond)]
  return { needs, lacks, problems, remembered: rememberedOf(needs, live, before) }
}

const nothing: OperatorOutcome = { needs: noNeeds, lacks: false, problems: [], remembered: new Map() }

/** Of every service that is read, whether it was read again in this plan or not. */
function rememberedOf(
  needs: readonly Need[],
  { data, given }: LiveData,
  before: PublisherState['templates'],
): PublisherState['templates'] {
  const read = needs.filter((need) => need.kind === 'service')
  for (const { name, datacenter } of read) data.service(name, datacenter)
  const now = given()
  const after = new Map<SourceKey, Given>()
  for (const { name, datacenter } of read) {
    const source = sourceKey(name, datacenter)
    const instances = now.get(source) ?? before.get(source)
    if (instances !== undefined) after.set(source, instances)
  }
  const isEqual = after.size === before.size && [...after].every(([key, one]) => before.get(key) === one)
  return isEqual ? before : after
}

type Given = PublisherState['templates'] extends ReadonlyMap<string, infer Instances> ? Instances : never

/** Whether nobody will ever read it: services are watched where the operator says so. */
export function isBeyond(need: Need, datacenters: readonly string[]): boolean {
  const ofCatalog = need.kind === 'service' || need.kind === 'services'
  return ofCatalog && !datacenters.includes(need.datacenter)
}

function explainBeyond(need: Need): string {
  return `a template asks for ${needText(need)}, whose datacenter isn't followed: add it to publish.datacenters`
}
