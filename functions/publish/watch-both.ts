import type { DataKey, DataNeed, DataValue } from '../../core/catalog/data.ts'
import type { SourceWatch, WatchEvents } from './follow.ts'
import { dataNeeds } from './needs.ts'
import { noOthers, othersIn } from './others.ts'
import type { Seen } from './plan.ts'

export type DataWatch = {
  readonly values: ReadonlyMap<DataKey, DataValue>
  readonly follow: (needs: Iterable<DataNeed>) => void
  readonly stop: () => Promise<void>
}

type Watches = {
  readonly services: (
    events: WatchEvents,
  ) => Omit<SourceWatch, 'others' | 'follow'> & { readonly follow: (sources: ReadonlySet<string>) => void }
  readonly data: (events: WatchEvents) => DataWatch
  /** Where instances may live. */
  readonly networks: readonly string[]
}

/** Watches services, and keys and nodes from the moment that a template asks for some. */
export function watchBoth(open: Watches, events: WatchEvents): SourceWatch {
  const services = open.services(events)
  let data: DataWatch | null = null
  let others: Seen['others'] = noOthers

  function followData(needs: readonly DataNeed[]): void {
    if (data === null && needs.length === 0) return
    if (data === null) {
      data = open.data(events)
      others = othersIn(data.values, open.networks)
    }
    data.follow(needs)
  }

  return {
    indexes: services.indexes,
    services: services.services,
    get others() {
      return others
    },
    follow: (sources, needs) => {
      services.follow(sources)
      followData(dataNeeds(needs))
    },
    stop: async () => void (await Promise.all([services.stop(), data?.stop()])),
  }
}
