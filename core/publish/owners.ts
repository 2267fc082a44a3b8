import { isInUse, type Judged, type JudgedService } from '../catalog/judge.ts'
import type { Server, SourceKey } from '../release/endpoints.ts'

/** Where tasks of ours are registered, over all services; it is kept from one look to the next. */
export type Owners = {
  /** The services as they are now; `changed` are those that differ from what was shown before, null where that isn't known. */
  readonly show: (services: Services, changed: readonly SourceKey[] | null) => void
  /** The ledger key of a task of ours that is registered at the place now, in whatever service. */
  readonly ownerOf: (server: Server) => string | undefined
}

type Services = ReadonlyMap<SourceKey, JudgedService>

/** So many are asked about before a table of all places is worth its making. */
const fewQuestions = 8

export function createOwners(): Owners {
  let services: Services = new Map()
  let table: Table | null = null
  let asked = 0

  return {
    show: (now, changed) => {
      services = now
      if (changed === null) table = null
      for (const source of changed ?? []) table?.put(source, now.get(source))
    },
    ownerOf: (server) => {
      asked += 1
      if (table === null && asked > fewQuestions) {
        table = createTable()
        for (const [source, judged] of services) table.put(source, judged)
      }
      return ownerAmong(table === null ? services.values() : table.at(server.address), server)
    },
  }
}

type Table = ReturnType<typeof createTable>

/** The services that have instances of ours at an address. */
function createTable() {
  const shown = new Map<SourceKey, JudgedService>()
  const byAddress = new Map<string, Set<JudgedService>>()

  function put(source: SourceKey, judged: JudgedService | undefined): void {
    const before = shown.get(source)
    if (before !== undefined)
      for (const one of ours(before)) byAddress.get(one.server.address)?.delete(before)
    shown.delete(source)
    if (judged === undefined) return
    shown.set(source, judged)
    for (const { server } of ours(judged)) {
      const there = byAddress.get(server.address) ?? new Set()
      byAddress.set(server.address, there.add(judged))
    }
  }

  return { put, at: (address: string): Iterable<JudgedService> => byAddress.get(address) ?? [] }
}

/** Where several are, as after a restore, the first of them in order: in which order services were read makes no difference. */
function ownerAmong(services: Iterable<JudgedService>, { address, port }: Server): string | undefined {
  let owner: string | undefined
  for (const { instances } of services)
    for (const one of instances)
      if (one.server.port === port && one.server.address === address && isOurs(one)) {
        const ledger = one.ledger ?? ''
        if (owner === undefined || ledger < owner) owner = ledger
      }
  return owner
}

function ours({ instances }: JudgedService): readonly Judged[] {
  return instances.filter(isOurs)
}

function isOurs({ ledger, verdict }: Judged): boolean {
  return ledger !== null && isInUse(verdict)
}
