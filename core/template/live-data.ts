import type { JudgedService } from '../catalog/judge.ts'
import type { ServiceIndex } from '../catalog/parse-services.ts'
import type { ServiceSnapshot } from '../catalog/snapshot.ts'
import type { Member } from '../guard/memory.ts'
import { type SourceKey, sourceKey } from '../release/endpoints.ts'
import type { TemplateData, TemplateInstance } from './data.ts'
import { templateInstances } from './instances.ts'

/** What a publisher knows at one moment; whatever was not read yet is missing from the maps. */
export type Known = {
  readonly datacenter: string
  readonly datacenters: readonly string[]
  readonly indexes: ReadonlyMap<string, ServiceIndex>
  readonly services: ReadonlyMap<SourceKey, ServiceSnapshot>
  readonly judged: ReadonlyMap<SourceKey, JudgedService>
  /** Whom the guard keeps in, by source. */
  readonly members: (source: SourceKey) => readonly Member[]
  /** What `given` said before: the tags and meta of those who vanished since. */
  readonly remembered: ReadonlyMap<SourceKey, readonly TemplateInstance[]>
  readonly others: Pick<TemplateData, 'key' | 'folder' | 'nodes' | 'node'>
}

export type LiveData = {
  readonly data: TemplateData
  /** Who takes traffic, of every service that was asked for: to be remembered for the next time. */
  readonly given: () => ReadonlyMap<SourceKey, readonly TemplateInstance[]>
}

type Given = {
  readonly judged: JudgedService
  readonly members: readonly Member[]
  readonly all: readonly TemplateInstance[]
  readonly serving: readonly TemplateInstance[]
}

/** What earlier views came to, by source; it never changes what is seen. */
export type LiveMemo = Map<SourceKey, Given>

/** What checks say can be long and changes often; nobody decides by it about one that vanished. */
function withoutOutputs(one: TemplateInstance): TemplateInstance {
  if (one.checks.every(({ output }) => output === '')) return one
  return { ...one, checks: one.checks.map((check) => ({ ...check, output: '' })) }
}

/** A publisher's view of the catalog, as templates read it: the guard's word says who takes traffic. */
export function liveData(known: Known, memo: LiveMemo = new Map()): LiveData {
  const asked = new Map<SourceKey, Given>()

  function instancesOf(source: SourceKey): readonly TemplateInstance[] | undefined {
    const before = asked.get(source)
    const snapshot = known.services.get(source)
    const judged = known.judged.get(source)
    if (before !== undefined || snapshot === undefined || judged === undefined) return before?.all
    const given = give(source, snapshot, judged)
    asked.set(source, given)
    memo.set(source, given)
    return given.all
  }

  function give(source: SourceKey, snapshot: ServiceSnapshot, judged: JudgedService): Given {
    const members = known.members(source)
    const last = memo.get(source)
    if (last?.judged === judged && last.members === members) return last
    const all = templateInstances(snapshot, judged, members, known.remembered.get(source) ?? [])
    return { judged, members, all, serving: all.filter(({ serving }) => serving).map(withoutOutputs) }
  }

  return {
    data: {
      ...known.others,
      datacenter: known.datacenter,
      datacenters: () => known.datacenters,
      service: (name, datacenter) => instancesOf(sourceKey(name, datacenter)),
      services: (datacenter) => {
        const index = known.indexes.get(datacenter)
        return index && [...index].map(([name, tags]) => ({ name, tags }))
      },
    },
    given: () => new Map([...asked].map(([source, { serving }]) => [source, serving] as const)),
  }
}
