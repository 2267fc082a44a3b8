import { digestOf } from '../canonical.ts'
import { type AddressBytes, formatAddress, parseAddress } from '../route/address.ts'
import { addressName, groupName, serviceName } from './names.ts'
import { addressRecords, listSeconds, type Named, type Records, serviceRecords } from './records.ts'
import { types } from './wire.ts'
import { type DnsTarget, sameTargets } from './zone.ts'

/** Answers by the type of the question. */
export type Answers = ReadonlyMap<number, Records>

/** One upstream with all that is said about it. It is the same one as long as its list is the same. */
export type Service = {
  readonly targets: readonly DnsTarget[]
  /** By the name that is asked for. */
  readonly owners: ReadonlyMap<string, Answers>
  /** The addresses that SRV records name one by one, each in its one spelling. */
  readonly addresses: readonly string[]
  /** How many of the targets the answers hold. */
  readonly served: number
}

/**
 * Up to this many addresses each have a name of their own, which says the address and so never changes: nginx asks for it once. To ask for more of them
 * at once, as after each of its reloads, would overflow the buffers of its socket or ours, and what is lost there is sent again after 5 s only.
 */
const mostSingle = 32

/** Throws RENDER_REFUSED for a target whose address is none. */
export function serviceOnce(
  name: string,
  targets: readonly DnsTarget[],
  before: Service | undefined,
): Service {
  if (before !== undefined && sameTargets(before.targets, targets)) return before
  const whole = createService(name, targets)
  return whole.served === targets.length
    ? whole
    : { ...createService(name, inLastingOrder(targets)), targets }
}

/**
 * Of a list that is too long for a message the same servers are left out each time, whatever the others do. nginx goes on with living
 * ones; an error would leave it with those that it knew before.
 */
function inLastingOrder(targets: readonly DnsTarget[]): readonly DnsTarget[] {
  const keyed = targets.map((target) => ({ target, key: digestOf([target.address, target.port]) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ target }) => target)
}

function createService(name: string, targets: readonly DnsTarget[]): Service {
  const groups = groupsOf(name, targets)
  const names = new Set(targets.map(({ address }) => addressName(address)))
  const isSingle = names.size <= Math.max(mostSingle, groups.length)
  return isSingle ? singly(name, targets) : grouped(name, targets, groups)
}

function singly(name: string, targets: readonly DnsTarget[]): Service {
  const owner = serviceName(name)
  const servers = targets.map(({ address, port, weight }) => ({ target: addressName(address), port, weight }))
  const records = serviceRecords(owner, servers)
  return {
    targets,
    owners: new Map([[owner, new Map([[types.srv, records]])]]),
    addresses: targets.map(({ address }) => formatAddress(parseAddress(address) ?? [])),
    served: records.count,
  }
}

/** Servers that differ in nothing but their addresses: one SRV record whose name has all of these. */
type Group = Named & { readonly addresses: AddressBytes[] }

function groupsOf(name: string, targets: readonly DnsTarget[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const { address, port, weight } of targets) {
    const target = groupName(name, port, weight)
    const group = groups.get(target) ?? { target, port, weight, addresses: [] }
    group.addresses.push(parseAddress(address) ?? [])
    groups.set(target, group)
  }
  return [...groups.values()]
}

function grouped(name: string, targets: readonly DnsTarget[], groups: readonly Group[]): Service {
  const owner = serviceName(name)
  const list = serviceRecords(owner, groups)
  const owners = new Map<string, Answers>([[owner, new Map([[types.srv, list]])]])
  let served = 0
  for (const { target, addresses } of groups.slice(0, list.count)) {
    const answers = groupAnswers(target, addresses)
    owners.set(target, answers)
    for (const { count } of answers.values()) served += count
  }
  return { targets, owners, addresses: [], served }
}

function groupAnswers(owner: string, addresses: readonly AddressBytes[]): Answers {
  const parts = [
    { type: types.a, own: addresses.filter(({ length }) => length === 4) },
    { type: types.aaaa, own: addresses.filter(({ length }) => length === 16) },
  ].filter(({ own }) => own.length > 0)
  return new Map(parts.map(({ type, own }) => [type, addressRecords(owner, type, own, listSeconds)]))
}
