import { checkId } from '../catalog/entry.ts'
import type { CatalogInstance, ServiceSnapshot } from '../catalog/snapshot.ts'
import type { Member } from '../guard/memory.ts'
import { hostPort } from '../release/address.ts'
import type { Endpoints, SourceKey } from '../release/endpoints.ts'
import type { Layout, UpstreamSettings } from '../release/layout.ts'
import { recall } from '../route/memory.ts'
import { type FoundRoute, findRoutes, type Request } from './find-route.ts'
import type { Publication } from './publication.ts'
import type { PublisherState } from './state.ts'
import { placeText, type WrittenRoute } from './written-routes.ts'

/** One place that could take the request. `in` takes traffic, `held` takes it against a doubt, `out` takes none. */
export type ExplainedServer = {
  readonly server: string
  readonly standing: 'in' | 'held' | 'out'
  readonly instance: string | null
  /** ARN of the ECS task; null for an instance that others registered, and where it isn't known. */
  readonly task: string | null
  readonly why: string
}

export type ExplainedSource = {
  readonly source: SourceKey
  readonly share: number
  /** What the service stated when it was last right. */
  readonly labels: Readonly<Record<string, string>>
  /** ISO 8601; since when the catalog has no instance of it. */
  readonly goneSince: string | null
  readonly servers: readonly ExplainedServer[]
}

export type ExplainedRoute = Pick<FoundRoute, 'port' | 'protocol' | 'why'> & {
  readonly place: string | null
  readonly at: string | null
  readonly action: string | null
  readonly upstream: Pick<UpstreamSettings, 'name' | 'method'> | null
  readonly sources: readonly ExplainedSource[]
}

export type Known = {
  readonly routes: readonly WrittenRoute[]
  readonly layout: Pick<Layout, 'upstreams'>
  readonly endpoints: Endpoints
  readonly state: PublisherState
  /** The newest publication, which tells why something is held; null where there is none. */
  readonly publication: Pick<Publication, 'holds'> | null
  /** What Consul says now; a source that wasn't asked for is missing. */
  readonly catalog: ReadonlyMap<SourceKey, ServiceSnapshot>
}

/** Why a request goes where it goes, on every listener that could take it, from what is published and, if given, the catalog. */
export function explainRequest(known: Known, request: Request): readonly ExplainedRoute[] {
  return findRoutes(known.routes, request).map(({ port, protocol, route, why }) => {
    const upstream = known.layout.upstreams.find(
      ({ name, context }) => name === route?.upstream && context === route.context,
    )
    return {
      ...{ port, protocol, why },
      place: route === null ? null : placeText(route),
      at: route === null ? null : `${route.file}, line ${route.line}`,
      action: route?.action ?? null,
      upstream: upstream === undefined ? null : { name: upstream.name, method: upstream.method },
      sources: (upstream?.sources ?? []).map(({ source, share }) => explainSource(known, source, share)),
    }
  })
}

function explainSource(known: Known, source: SourceKey, share: number): ExplainedSource {
  const remembered = recall(known.state.routing.services, source)
  const { goneSince = null } = remembered ?? {}
  return {
    ...{ source, share, labels: remembered?.labels ?? {} },
    goneSince: goneSince === null ? null : new Date(goneSince).toISOString(),
    servers: [...serversIn(known, source), ...serversOut(known, source)],
  }
}

function serversIn(known: Known, source: SourceKey): readonly ExplainedServer[] {
  const members = known.state.guard.services.get(source)?.members ?? []
  const instances = known.catalog.get(source)?.instances
  return (recall(known.endpoints.sources, source) ?? []).map(({ address, port }) => {
    const server = hostPort(address, port)
    const member = members.find((one) => hostPort(one.server.address, one.server.port) === server)
    const instance = instances?.find((one) => one.address === address && one.port === port)
    const hold = known.publication?.holds.find((one) => one.source === source && one.server === server)
    const held = member !== undefined && member.since !== null
    return {
      ...{ server, standing: held ? 'held' : 'in', instance: instance?.id ?? member?.id ?? null },
      task: taskOf(member?.ledger ?? null) ?? instance?.meta['task-arn'] ?? null,
      why: held ? heldWhy(member, hold?.why) : inWhy(instance, instances !== undefined),
    }
  })
}

function heldWhy({ since }: Member, why: string | undefined): string {
  const from = `since ${new Date(since ?? 0).toISOString()}`
  return `${why ?? 'nothing proves that it is gone'}; ${from}`
}

function inWhy(instance: CatalogInstance | undefined, asked: boolean): string {
  if (!asked) return 'it was passing, or nothing better was there, when this was published'
  if (instance === undefined) return 'published; Consul has no such instance now'
  return checksText(instance)
}

/** What the catalog has and the release hasn't. */
function serversOut(known: Known, source: SourceKey): readonly ExplainedServer[] {
  const places = new Set(
    (recall(known.endpoints.sources, source) ?? []).map(({ address, port }) => hostPort(address, port)),
  )
  const instances = known.catalog.get(source)?.instances ?? []
  return instances
    .filter(({ address, port }) => !places.has(hostPort(address, port)))
    .map((instance) => ({
      ...{ server: hostPort(instance.address, instance.port), standing: 'out', instance: instance.id },
      task: instance.meta['task-arn'] ?? null,
      why: checksText(instance),
    }))
}

/** Our own check's words, which begin with the reason; else the checks that don't pass. */
function checksText({ id, checks }: CatalogInstance): string {
  const own = checks.find((check) => check.id === checkId(id))
  if (own !== undefined && own.status !== 'passing') return own.output
  const failing = checks.filter(({ status }) => status !== 'passing')
  if (failing.length > 0) return failing.map((check) => `${check.id} is ${check.status}`).join(', ')
  return own?.output ?? (checks.length === 0 ? 'it has no check' : 'its checks pass')
}

/** The ARN in the key of a ledger entry, which ends in account, region, cluster and task. */
function taskOf(ledger: string | null): string | null {
  const [account, region = '', cluster, task] = ledger?.split('/').slice(-4) ?? []
  if (task === undefined) return null
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  return `arn:${partition}:ecs:${region}:${account}:task/${cluster}/${task}`
}
