import { encodeAnswer, type Transport } from '../../core/dns/answer.ts'
import { emptyDirectory, find, openDirectory } from '../../core/dns/directory.ts'
import { type DnsQuery, parseQuery } from '../../core/dns/query.ts'
import { noRecords, type Records } from '../../core/dns/records.ts'
import type { Service } from '../../core/dns/service.ts'
import { codes } from '../../core/dns/wire.ts'
import type { DnsZone } from '../../core/dns/zone.ts'

/** What was asked since the start. */
export type DnsCounters = {
  /** Messages that got an answer. */
  queries: number
  /** Among them: names that aren't known or have no server. */
  servfail: number
  /** Among them: answers too long for a datagram; they are asked for again by TCP. */
  truncated: number
  /** Among them: malformed messages, and what this server doesn't do. */
  refused: number
  /** Messages that got none: too short, or answers themselves. */
  ignored: number
}

export type Exchange = {
  readonly counters: Readonly<DnsCounters>
  /** Null for what must get no answer. */
  answer(message: Uint8Array, transport: Transport): Uint8Array | null
  /** The upstreams whose lists are longer than the answers can be; those that were so with the same list before are left out. */
  serve(zone: DnsZone): readonly Shortened[]
  lastFull(name: string): number | null
}

export type Shortened = { readonly name: string; readonly servers: number; readonly served: number }

/** Questions and answers over whatever carries them, with the zone that is served now. */
export function createExchange(elapsed: () => number): Exchange {
  const counters: DnsCounters = { queries: 0, servfail: 0, truncated: 0, refused: 0, ignored: 0 }
  const given = new WeakMap<Records, number>()
  let directory = emptyDirectory

  const look = (query: DnsQuery) =>
    query.problem === null ? find(directory, query) : { code: query.problem, records: noRecords }

  return {
    counters,
    answer(bytes, transport) {
      const query = parseQuery(bytes)
      if (query === null) {
        counters.ignored += 1
        return null
      }
      const finding = look(query)
      const { message, truncated } = encodeAnswer(query, finding, transport)
      count(counters, finding.code, truncated)
      if (!truncated) given.set(finding.records, elapsed())
      return message
    },
    serve(zone) {
      const before = directory
      directory = openDirectory(zone, before)
      return [...directory.services]
        .filter(([name, { served, targets }]) => {
          const isOld = before.services.get(name)?.targets === targets
          return served < targets.length && !isOld
        })
        .map(([name, { served, targets }]) => ({ name, served, servers: targets.length }))
    },
    lastFull(name) {
      const service = directory.services.get(name)
      return service === undefined ? null : givenAt(service, given)
    },
  }
}

/** When the last one of the answers that make the list was given; null where one of them wasn't yet. */
function givenAt({ owners }: Service, given: WeakMap<Records, number>): number | null {
  const parts = [...owners.values()].flatMap((answers) => [...answers.values()])
  const times = parts.map((records) => given.get(records) ?? null)
  return times.includes(null) ? null : Math.min(...times.map(Number))
}

function count(counters: DnsCounters, code: number, truncated: boolean): void {
  counters.queries += 1
  if (truncated) counters.truncated += 1
  if (code === codes.failed) counters.servfail += 1
  else if (code !== codes.ok) counters.refused += 1
}
