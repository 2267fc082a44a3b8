import { byText, inOrder } from '../canonical.ts'
import type { Home } from '../ledger/home.ts'
import { type ClusterKey, ledgerKey } from '../ledger/keys.ts'
import { hostPort } from '../release/address.ts'
import type { Server } from '../release/endpoints.ts'
import { formatAddress, inNetwork, isReserved, parseAddress } from '../route/address.ts'
import { type GuardWords, guardWords } from '../route/service-words.ts'
import { type CheckReason, checkId, checkReasons, entryMeta, managedBy } from './entry.ts'
import type { CatalogInstance, ServiceSnapshot } from './snapshot.ts'

/**
 * What the catalog says about one instance. `unproven`: an entry of ours without its own check, which no write of ours leaves
 * behind, so it counts as absent. `stopped` covers maintenance too: somebody took it out on purpose.
 */
export type Verdict = CheckReason | 'unproven'

/** Whether an entry of this verdict shows that the address is its task's now; a task that ends may have given it up. */
export function isInUse(verdict: Verdict): boolean {
  return verdict !== 'stopped' && verdict !== 'unproven' && verdict !== 'draining'
}

/** An instance and where it stands. `ledger` is null for an instance that others registered. */
export type Judged = {
  readonly node: string
  readonly id: string
  readonly server: Server
  readonly verdict: Verdict
  readonly ledger: string | null
  readonly cluster: ClusterKey | null
}

export type JudgeProblem = { readonly service: string; readonly instance: string; readonly problem: string }

export type JudgedService = {
  readonly name: string
  readonly datacenter: string
  /** At most one per address and port, in the order of node and id. */
  readonly instances: readonly Judged[]
  /** Whether unhealthy instances stay in where nothing better is left. */
  readonly failOpen: boolean
  /** What the service states instead of the operator's settings of the guard. */
  readonly guard?: GuardWords
  readonly problems: readonly JudgeProblem[]
}

/** Whose entries count as ours, where their ledger lies, and which addresses are allowed. */
export type JudgeSettings = {
  readonly deployment: string
  /** The same deployment id elsewhere is another deployment. */
  readonly homes: readonly Home[]
  /** The one whose ledger can be asked. What we registered elsewhere goes by our checks, but its absence proves nothing. */
  readonly datacenter: string
  readonly prefix: string
  /** Like `10.0.0.0/8`. */
  readonly networks: readonly string[]
}

/** Judges every instance of a service. What can't be an upstream server is left out and reported; its siblings go on. */
export function judgeService(snapshot: ServiceSnapshot, settings: JudgeSettings): JudgedService {
  const { name, datacenter, instances } = snapshot
  const read = instances.map((instance) => ({ instance, server: serverOf(instance, settings.networks) }))
  const bad = read.flatMap(({ instance, server }) => (server === null ? [instance] : []))
  const judged = read.flatMap(({ instance, server }) => {
    return server === null ? [] : [judge(instance, server, settings)]
  })
  const { kept, dropped } = onePerPlace(judged)
  return {
    name,
    datacenter,
    instances: kept,
    failOpen: !instances.some(({ meta }) => meta['nginx-on-unhealthy'] === '503'),
    guard: guardWords(instances.map(({ meta }) => meta)),
    problems: [...bad.map((instance) => unusable(instance)), ...dropped.map((twin) => duplicate(name, twin))],
  }
}

function judge(instance: CatalogInstance, server: Server, settings: JudgeSettings): Judged {
  const { node, id } = instance
  const owner = isOurs(instance, settings) ? clusterOf(instance) : null
  const cluster = instance.datacenter === settings.datacenter ? owner : null
  return {
    node,
    id,
    server,
    verdict: owner === null ? judgeForeign(instance) : judgeOurs(instance),
    cluster,
    ledger:
      cluster === null
        ? null
        : ledgerKey(settings.prefix, { ...cluster, taskId: instance.meta[entryMeta.taskId] ?? '' }),
  }
}

function isOurs({ meta }: CatalogInstance, { deployment, homes }: JudgeSettings): boolean {
  return (
    meta[entryMeta.managedBy] === managedBy &&
    meta[entryMeta.registrar] === deployment &&
    homes.some(
      ({ account, region }) => meta[entryMeta.account] === account && meta[entryMeta.region] === region,
    ) &&
    Boolean(meta[entryMeta.taskId])
  )
}

function clusterOf({ meta }: CatalogInstance): ClusterKey {
  const { account, region, cluster } = entryMeta
  return { account: meta[account] ?? '', region: meta[region] ?? '', cluster: meta[cluster] ?? '' }
}

function judgeOurs(instance: CatalogInstance): Verdict {
  if (inMaintenance(instance)) return 'stopped'
  const own = instance.checks.find(({ id }) => id === checkId(instance.id))
  if (own === undefined) return 'unproven'
  if (own.status !== 'passing') return reasonOf(own.output)
  return instance.checks.every(({ status }) => status === 'passing') ? 'passing' : 'unhealthy'
}

function reasonOf(output: string): CheckReason {
  const word = /^[a-z]*/.exec(output)?.[0]
  const reason = checkReasons.find((known) => known === word)
  return reason === undefined || reason === 'passing' ? 'unhealthy' : reason
}

function judgeForeign(instance: CatalogInstance): Verdict {
  if (inMaintenance(instance)) return 'stopped'
  return instance.checks.every(({ status }) => status === 'passing') ? 'passing' : 'unhealthy'
}

// Consul's reserved checks for `consul maint`: of the node, or of one service.
function inMaintenance({ checks }: CatalogInstance): boolean {
  return checks.some(({ id }) => id === '_node_maintenance' || id.startsWith('_service_maintenance:'))
}

/** The server in its one spelling, or null where the address is no literal of the allowed networks, or reserved, or the port is none. */
export function serverOf(
  { address, port, weight }: CatalogInstance,
  networks: readonly string[],
): Server | null {
  const bytes = parseAddress(address)
  const inside = bytes !== null && networks.some((network) => inNetwork(bytes, network))
  if (!inside || isReserved(bytes) || !Number.isInteger(port) || port < 1 || port > 65_535) return null
  return { address: formatAddress(bytes), port, weight }
}

const preference: readonly Verdict[] = ['passing', 'waiting', 'unhealthy', 'draining', 'stopped', 'unproven']

/**
 * One server per address and port. Where we know the place, only our own entry speaks for it, whatever it says: a registrator
 * beside us would otherwise keep a task in that we know is draining. Among equals the better state wins, since an address that
 * is in use again belongs to its newest owner.
 */
function onePerPlace(judged: readonly Judged[]): { kept: readonly Judged[]; dropped: readonly Judged[] } {
  if (!hasTwins(judged)) return { kept: inOrder(judged, byEntry), dropped: [] }
  const best = new Map<string, Judged>()
  for (const one of judged) {
    const place = placeOf(one)
    const other = best.get(place)
    if (other === undefined || rank(one) < rank(other)) best.set(place, one)
  }
  const kept = judged.filter((one) => best.get(placeOf(one)) === one)
  const dropped = judged.filter((one) => one.ledger === null && best.get(placeOf(one)) !== one)
  return { kept: inOrder(kept, byEntry), dropped }
}

function byEntry(a: Judged, b: Judged): number {
  return byText(a.node, b.node) || byText(a.id, b.id)
}

/** Of a few, comparing each with each is quicker than making texts of their places. */
function hasTwins(judged: readonly Judged[]): boolean {
  if (judged.length > 32) return true
  return judged.some(({ server: { port, address } }, at) =>
    judged.some(
      (other, index) => index < at && other.server.port === port && other.server.address === address,
    ),
  )
}

function rank({ ledger, verdict }: Judged): number {
  return (ledger === null ? 100 : 0) + preference.indexOf(verdict)
}

function placeOf({ server }: Judged): string {
  return hostPort(server.address, server.port)
}

function unusable({ service, id, address, port }: CatalogInstance): JudgeProblem {
  const problem = `${JSON.stringify(address)} port ${port} is no address and port inside the allowed networks`
  return { service, instance: id, problem }
}

function duplicate(service: string, twin: Judged): JudgeProblem {
  return {
    service,
    instance: twin.id,
    problem: `${placeOf(twin)} is registered twice; this entry is ignored`,
  }
}
