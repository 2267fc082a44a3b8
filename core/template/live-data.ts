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

/** A publisher's view of the catalog, as templates read it: the guard's word says who takes traffic. */
export function liveData(known: Known): LiveData {
  const asked = new Map<SourceKey, readonly TemplateInstance[]>()

  function instancesOf(source: SourceKey): readonly TemplateInstance[] | undefined {
    const before = asked.get(source)
    const snapshot = known.services.get(source)
    const judged = known.judged.get(source)
    if (before !== undefined || snapshot === undefined || judged === undefined) return before
    const remembered = known.remembered.get(source) ?? []
    const instances = templateInstances(snapshot, judged, known.members(source), remembered)
    asked.set(source, instances)
    return instances
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
    given: () =>
      new Map([...asked].map(([source, all]) => [source, all.filter(({ serving }) => serving)] as const)),
  }
}
