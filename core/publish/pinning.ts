import { canonicalJson } from '../canonical.ts'
import { hostPort } from '../release/address.ts'
import type { Pin, Pointer } from '../release/channel.ts'
import type { Endpoints, SourceKey } from '../release/endpoints.ts'
import { type Content, compose, type RenderUpstreams, refOf, type StoredLayout } from './compose.ts'
import { sourcesOf } from './followed.ts'
import { type ChannelIdentity, nextPointer } from './next-pointer.ts'

/** What is in force before a pin is set. */
export type InForce = {
  readonly pointer: Pointer
  readonly layout: StoredLayout
  readonly endpoints: Endpoints
}

/**
 * How a pin takes effect. `stay`: the layout is in force already. `move`: it is put together with the endpoints in force, and hosts
 * get it at once. `wait`: only the publisher can put it together, and does so when it sees the pin.
 */
export type PinMove =
  | { readonly kind: 'stay' }
  | { readonly kind: 'move'; readonly content: Content; readonly blobs: readonly string[] }
  | { readonly kind: 'wait' }

export type PinPlan = {
  readonly move: PinMove
  /** Sources of the layout of which the endpoints in force say nothing; the publisher adds them. */
  readonly uncovered: readonly SourceKey[]
  /** Upstreams that would answer 503 until then, for no other reason. */
  readonly dark: readonly string[]
  /** Files that only the publisher can render, because they are made of live data. */
  readonly unrendered: readonly string[]
}

/**
 * Plans a pin to a stored layout with the endpoints in force. Unless it is urgent, nothing moves that would leave an upstream
 * empty only because its servers aren't known here: the publisher does it a moment later without a failed request.
 */
export function planPin(
  inForce: InForce,
  target: StoredLayout,
  urgent: boolean,
  renderUpstreams: RenderUpstreams,
): PinPlan {
  const { pointer, layout, endpoints } = inForce
  const uncovered = sourcesOf([target.layout]).filter((source) => !Object.hasOwn(endpoints.sources, source))
  const dark = darkUpstreams(target, endpoints, uncovered)
  const unrendered = target.layout.volatile
    .filter((file) => !layout.layout.volatile.some((one) => canonicalJson(one) === canonicalJson(file)))
    .map(({ path }) => path)
  const notes = { uncovered, dark, unrendered }
  if (target.ref.sha256 === layout.ref.sha256) return { move: { kind: 'stay' }, ...notes }
  // Frozen endpoints are those of another day: the publisher knows today's.
  const isUnsafe = dark.length > 0 || pointer.pin?.frozen === true
  if (unrendered.length > 0 || (isUnsafe && !urgent)) return { move: { kind: 'wait' }, ...notes }
  const servers = new Map(Object.entries(endpoints.sources))
  const { content, blobs } = compose(target, [], layout, servers, renderUpstreams)
  const paths = new Set(target.layout.volatile.map(({ path }) => path))
  const volatile = pointer.volatile.filter(({ path }) => paths.has(path))
  return { move: { kind: 'move', content: { ...content, volatile }, blobs }, ...notes }
}

function darkUpstreams(
  { layout }: StoredLayout,
  { sources }: Endpoints,
  uncovered: readonly SourceKey[],
): readonly string[] {
  return layout.upstreams
    .filter(({ sources: parts }) => {
      const taking = parts.filter(({ share }) => share > 0)
      const hasServer = taking.some(({ source }) => (sources[source] ?? []).length > 0)
      return !hasServer && taking.some(({ source }) => uncovered.includes(source))
    })
    .map(({ name }) => name)
}

/** An address of earlier endpoints that isn't in force for its source any more; `now` is the source that has it today. */
export type Rotten = { readonly source: SourceKey; readonly server: string; readonly now: SourceKey | null }

export type FrozenPlan = {
  readonly content: Content
  readonly blobs: readonly string[]
  readonly rotten: readonly Rotten[]
}

/** Puts earlier bytes in force again, addresses too, and names the addresses that nobody vouches for any more. */
export function planFrozen(
  inForce: InForce,
  target: StoredLayout,
  earlier: Endpoints,
  volatile: Content['volatile'],
  renderUpstreams: RenderUpstreams,
): FrozenPlan {
  const { http, stream } = renderUpstreams(target.layout.upstreams, earlier, { mode: 'static' })
  const endpoints = canonicalJson(earlier)
  return {
    content: {
      layout: target.ref,
      previousLayout: previousFor(inForce, target, earlier),
      endpoints: refOf(endpoints),
      upstreams: { http: refOf(http), stream: refOf(stream) },
      volatile,
    },
    blobs: [endpoints, http, stream],
    rotten: rottenIn(earlier, inForce.endpoints, sourcesOf([target.layout])),
  }
}

/** A host may go back to the previous layout only with endpoints that cover it. */
function previousFor(
  { pointer, layout }: InForce,
  target: StoredLayout,
  earlier: Endpoints,
): Content['previousLayout'] {
  if (target.ref.sha256 === layout.ref.sha256) return pointer.previousLayout
  const covers = sourcesOf([layout.layout]).every((source) => Object.hasOwn(earlier.sources, source))
  return covers ? layout.ref : null
}

function rottenIn(earlier: Endpoints, today: Endpoints, sources: readonly SourceKey[]): readonly Rotten[] {
  const owners = new Map(
    Object.entries(today.sources).flatMap(([source, servers]) =>
      servers.map(({ address, port }) => [hostPort(address, port), source] as const),
    ),
  )
  return sources.flatMap((source) =>
    (earlier.sources[source] ?? [])
      .map(({ address, port }) => hostPort(address, port))
      .filter((server) => !hasServer(today, source, server))
      .map((server) => ({ source, server, now: owners.get(server) ?? null })),
  )
}

function hasServer({ sources }: Endpoints, source: SourceKey, server: string): boolean {
  return (sources[source] ?? []).some(({ address, port }) => hostPort(address, port) === server)
}

/** The pointer with another pin and, where the pin moves it, other content. Its state and its length of life stay. */
export function repinned(pointer: Pointer, pin: Pin | null, content: Content | null, now: number): Pointer {
  const { deployment, channel, created, expires } = pointer
  const lifeMs = Date.parse(expires) - Date.parse(created)
  const identity: ChannelIdentity = { deployment, channel, lifeMs }
  return { ...nextPointer(pointer, content ?? pointer, pointer.state, identity, now), pin }
}
