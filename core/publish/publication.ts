import { hostPort } from '../release/address.ts'
import { type Pointer, releaseId } from '../release/channel.ts'
import { type Difference, differences, listsOf } from '../release/endpoint-lists.ts'
import type { Endpoints, Server, SourceKey } from '../release/endpoints.ts'
import type { Look } from './look.ts'

/** One service in a publication: which of its servers are new, and which are gone and why. */
export type Change = {
  readonly service: SourceKey
  readonly joined: readonly string[]
  readonly left: readonly { readonly server: string; readonly why: string }[]
}

export type FileChange = {
  readonly path: string
  readonly joined: readonly string[]
  readonly left: readonly string[]
}

/** The object at `publications/<generation>.json`: for people, who ask what changed and why. Hosts never read it. */
export type Publication = {
  readonly schema: 1
  /** Accounts from before there were several channels have none. */
  readonly channel?: string
  readonly generation: number
  readonly previous: number | null
  readonly at: string
  readonly releaseId: string
  readonly layout: string
  readonly layoutChanged: boolean
  readonly endpoints: string
  readonly pin: Pointer['pin']
  readonly changes: readonly Change[]
  /** Operators' files whose bytes changed while the layout may be the same; servers are those of their upstreams. */
  readonly files: readonly FileChange[]
  readonly holds: Look['holds']
  readonly problems: readonly string[]
  /** Upstreams that answer 503 because they have no server. */
  readonly empty: readonly string[]
  readonly counts: { readonly services: number; readonly servers: number }
}

export type Told = {
  readonly changes: readonly Change[]
  /** None unless stated: whoever pins renders none of them. */
  readonly files?: readonly FileChange[]
  readonly holds: Look['holds']
  readonly problems: readonly string[]
  readonly empty: readonly string[]
}

export function describePublication(
  pointer: Pointer,
  previous: Pointer | null,
  endpoints: Endpoints,
  told: Told,
): Publication {
  const { lists } = listsOf(endpoints)
  return {
    schema: 1,
    channel: pointer.channel,
    generation: pointer.generation,
    previous: previous?.generation ?? null,
    at: pointer.created,
    releaseId: releaseId(pointer),
    layout: pointer.layout.sha256,
    layoutChanged: previous?.layout.sha256 !== pointer.layout.sha256,
    endpoints: pointer.endpoints.sha256,
    pin: pointer.pin,
    files: [],
    ...told,
    counts: { services: lists.length, servers: lists.reduce((sum, list) => sum + list.length, 0) },
  }
}

/** What differs between two endpoints. `why` knows the reason for a server that left; without one it was no longer wanted. */
export function changesBetween(
  before: Endpoints | null,
  after: Endpoints,
  why: (source: SourceKey, server: string) => string | undefined,
): readonly Change[] {
  return differences(before, after)
    .map((one) => changeOf(one, why))
    .filter(({ joined, left }) => joined.length + left.length > 0)
}

function changeOf(
  { source: service, before, after }: Difference,
  why: (source: SourceKey, server: string) => string | undefined,
): Change {
  const [old, now] = [placesOf(before), placesOf(after)]
  const left = [...old].filter((server) => !now.has(server))
  const fallback = after === undefined ? 'no layout uses the service' : 'it left the catalog'
  return {
    service,
    joined: [...now].filter((server) => !old.has(server)),
    left: left.map((server) => ({ server, why: why(service, server) ?? fallback })),
  }
}

/** Addresses with their ports, as they are told. */
export function placesOf(servers: readonly Server[] = []): Set<string> {
  return new Set(servers.map(({ address, port }) => hostPort(address, port)))
}
