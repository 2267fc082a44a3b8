import type { CheckReason } from '../../../core/catalog/entry.ts'
import type { LedgerProof, Stamp } from '../../../core/guard/evidence.ts'
import { stampKey } from '../../../core/ledger/keys.ts'
import { cluster, prefix } from '../guard.ts'

/** A task as ECS knows it. */
export type Task = {
  readonly id: string
  readonly service: string
  readonly address: string
  phase: 'running' | 'draining' | 'gone'
  healthy: boolean
}

export type Entry = {
  readonly id: string
  readonly service: string
  readonly address: string
  /** Null for an instance of others, which has no check and so passes. */
  readonly taskId: string | null
  readonly reason: CheckReason
}

/** All that Consul holds. */
export type Store = {
  readonly entries: ReadonlyMap<string, Entry>
  readonly ledger: ReadonlyMap<string, LedgerProof>
  readonly stamps: ReadonlyMap<string, Stamp>
  readonly epoch: string | null
}

const emptyStore: Store = { entries: new Map(), ledger: new Map(), stamps: new Map(), epoch: null }

/** ECS, and a Consul that registering and reconciling keep in step with it. */
export type Fleet = {
  readonly tasks: Task[]
  readonly store: () => Store
  /** Null where every address is taken. */
  readonly start: (service: string) => Task | null
  readonly change: (task: Task, to: Partial<Pick<Task, 'phase' | 'healthy'>>) => void
  readonly foreign: (id: string, registered: boolean) => void
  /** Takes entries out of the catalog behind the ledger's back. */
  readonly lose: (chosen: (entry: Entry) => boolean) => void
  readonly replace: (store: Store | null) => void
  readonly reconcile: (now: number) => void
  /** While it is away nothing can be written; what happened meanwhile is written when it is back. */
  readonly setAway: (away: boolean) => void
}

export function openFleet(addresses: readonly string[]): Fleet {
  const tasks: Task[] = []
  let store = emptyStore
  let epochs = 0
  let away = false
  let unwritten = new Set<Task>()

  function register(task: Task): void {
    if (away) return void unwritten.add(task)
    const entries = new Map(store.entries)
    const ledger = new Map(store.ledger)
    const id = instanceId(task)
    const listed = store.ledger.get(task.id)?.instances ?? []
    if (task.phase === 'running') {
      const reason = task.healthy ? 'passing' : 'unhealthy'
      entries.set(id, { id, service: task.service, address: task.address, taskId: task.id, reason })
      ledger.set(task.id, { phase: 'live', reason: 'ecs', instances: [{ id, service: task.service }] })
    } else {
      const known = entries.get(id)
      // Drains and deletes are made of what the ledger lists alone.
      if (listed.length > 0 && task.phase === 'gone') entries.delete(id)
      else if (listed.length > 0 && known !== undefined) entries.set(id, { ...known, reason: 'draining' })
      ledger.set(task.id, { phase: task.phase, reason: 'ecs', instances: listed })
    }
    store = { ...store, entries, ledger }
  }

  function start(service: string): Task | null {
    const taken = new Set(tasks.filter(({ phase }) => phase !== 'gone').map(({ address }) => address))
    const address = addresses.find((one) => !taken.has(one))
    if (address === undefined) return null
    const task: Task = { id: `t${tasks.length}`, service, address, phase: 'running', healthy: true }
    tasks.push(task)
    register(task)
    return task
  }

  function foreign(id: string, registered: boolean): void {
    if (away) return
    const entries = new Map(store.entries)
    const entry = { id, service: 'old', address: `10.9.0.${id.slice(1)}`, taskId: null } as const
    if (registered) entries.set(id, { ...entry, reason: 'passing' })
    else entries.delete(id)
    store = { ...store, entries }
  }

  function reconcile(now: number): void {
    if (away) return
    const epoch = store.epoch ?? `e${++epochs}`
    for (const task of tasks) if (task.phase !== 'gone' || store.ledger.has(task.id)) register(task)
    const stamps = new Map([[stampKey(prefix, cluster), { epoch, at: now }]])
    store = { ...store, epoch, stamps }
  }

  return {
    tasks,
    store: () => store,
    start,
    change: (task, to) => {
      Object.assign(task, to)
      register(task)
    },
    foreign,
    lose: (chosen) => {
      store = { ...store, entries: new Map([...store.entries].filter(([, entry]) => !chosen(entry))) }
    },
    replace: (other) => {
      store = other ?? emptyStore
    },
    reconcile,
    setAway: (now) => {
      away = now
      if (away) return
      const late = unwritten
      unwritten = new Set()
      for (const task of late) register(task)
    },
  }
}

export function instanceId({ service, id }: Pick<Task, 'service' | 'id'>): string {
  return `${service}-${id}`
}
