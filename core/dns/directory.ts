import { formatAddress } from '../route/address.ts'
import { namedAddress } from './names.ts'
import type { DnsQuery } from './query.ts'
import { addressRecords, noRecords, type Records } from './records.ts'
import { type Answers, type Service, serviceOnce } from './service.ts'
import { type Code, codes, internet, types } from './wire.ts'
import type { DnsZone } from './zone.ts'

/** A zone as questions are asked about it. */
export type Directory = {
  /** By the upstream's name. */
  readonly services: ReadonlyMap<string, Service>
  /** By the name that is asked for. */
  readonly owners: ReadonlyMap<string, Answers>
  readonly addresses: ReadonlySet<string>
  /** Those of the zone before: nginx may have got a list from it and still be about to ask for its addresses. */
  readonly former: ReadonlySet<string>
}

export type Finding = { readonly code: Code; readonly records: Records }

export const emptyDirectory: Directory = {
  services: new Map(),
  owners: new Map(),
  addresses: new Set(),
  former: new Set(),
}

/** Such a name never means another address. */
const addressSeconds = 3_600

/** Throws RENDER_REFUSED for a target whose address is none. */
export function openDirectory(zone: DnsZone, before: Directory): Directory {
  const services = new Map(
    [...zone].map(([name, targets]) => [name, serviceOnce(name, targets, before.services.get(name))]),
  )
  const owners = new Map<string, Answers>()
  const addresses = new Set<string>()
  for (const service of services.values()) {
    for (const [owner, answers] of service.owners) owners.set(owner, answers)
    for (const address of service.addresses) addresses.add(address)
  }
  return { services, owners, addresses, former: before.addresses }
}

/**
 * What to say to a question. nginx empties an upstream whose list is said not to exist or to be empty, and keeps it after a failure: so
 * what isn't known, or has no server, is a failure.
 */
export function find(directory: Directory, { name, type, class: asked }: DnsQuery): Finding {
  if (asked !== internet) return nothing(codes.refused)
  if (type !== types.a && type !== types.aaaa && type !== types.srv) return nothing(codes.unsupported)
  const answers = directory.owners.get(name)
  return answers === undefined ? findAddress(directory, name, type) : findList(answers, type)
}

function findList(answers: Answers, type: number): Finding {
  const isEmpty = [...answers.values()].every(({ count }) => count === 0)
  if (isEmpty) return nothing(codes.failed)
  return { code: codes.ok, records: answers.get(type) ?? noRecords }
}

function findAddress({ addresses, former }: Directory, name: string, type: number): Finding {
  const address = namedAddress(name)
  if (address === null) return nothing(codes.failed)
  const text = formatAddress(address)
  if (!addresses.has(text) && !former.has(text)) return nothing(codes.failed)
  const own = address.length === 4 ? types.a : types.aaaa
  const records = type === own ? addressRecords(name, own, [address], addressSeconds) : noRecords
  return { code: codes.ok, records }
}

function nothing(code: Code): Finding {
  return { code, records: noRecords }
}
