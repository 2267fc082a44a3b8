import { digestOf } from '../canonical.ts'
import type { NginxContext } from './layout.ts'

/** A reference to immutable content: SHA-256 in hex and size in bytes of the content itself, before compression. */
export type Ref = { readonly sha256: string; readonly size: number }

export type VolatileRef = Ref & { readonly path: string; readonly context: NginxContext }

/** A pinned channel keeps this layout, rendered with today's endpoints, until the pin is taken away. */
export type Pin = {
  readonly layout: string
  readonly reason: string
  /** With `frozen` the bytes are pinned too: endpoints no longer follow the catalog. */
  readonly frozen: boolean
  /** ISO 8601, UTC; since when. */
  readonly at?: string
  /** Who set it, in their own words. */
  readonly by?: string
}

/** On a channel that follows a canary: the layout that it keeps until the next one is promoted. */
export type Promoted = {
  readonly layout: string
  /** ISO 8601, UTC; since when. */
  readonly at: string
  /** Who promoted it, in their own words. */
  readonly by: string
  /** The canary channel, which holds the newest of what is remembered. */
  readonly from: string
}

/** On a canary channel: how its layout is doing. Both are forgotten with the layout. */
export type Soak = {
  /** ISO 8601, UTC; since when the layout is in force there. */
  readonly since: string
  readonly failed: SoakFailure | null
}

export type SoakFailure = { readonly host: string; readonly at: string; readonly reason: string }

/** What a channel says: which layout with which endpoints is in force. Signed as a whole. */
export type Pointer = {
  readonly schema: 1
  readonly deployment: string
  readonly channel: string
  /** max(previous + 1, Unix seconds): grows with every write, and a rebuilt bucket starts above the old one. */
  readonly generation: number
  /** The layout's digest is its id. */
  readonly layout: Ref
  readonly previousLayout: Ref | null
  readonly endpoints: Ref
  readonly upstreams: { readonly http: Ref; readonly stream: Ref }
  readonly volatile: readonly VolatileRef[]
  /** What the publisher must remember across cold starts; hosts don't read it. */
  readonly state: Ref
  readonly pin: Pin | null
  readonly promoted?: Promoted
  readonly soak?: Soak
  /** ISO 8601, UTC. */
  readonly created: string
  readonly expires: string
}

export type PointerSignature = {
  /** First 16 hex digits of the SHA-256 of the public key's SPKI DER. */
  readonly key: string
  /** Base64 of the Ed25519 signature over `signedText(pointer)`. */
  readonly value: string
}

/** The object at `channels/<name>.json`. */
export type SignedPointer = { readonly pointer: Pointer; readonly signature: PointerSignature }

/**
 * What is signed: a digest under a fixed heading, because KMS signs at most 4,096 bytes and because no signature made for
 * another purpose may pass as one of ours. Takes the pointer as parsed, so that a field this version doesn't know is covered too.
 */
export function signedText(pointer: unknown): string {
  return `quayside channel pointer v1\n${digestOf(pointer)}\n`
}

/** Names what a host ends up with: the same release always means the same settings with the same addresses. */
export function releaseId(pointer: Pick<Pointer, 'layout' | 'endpoints' | 'volatile'>): string {
  return digestOf({
    layout: pointer.layout.sha256,
    endpoints: pointer.endpoints.sha256,
    volatile: pointer.volatile.map(({ path, sha256 }) => ({ path, sha256 })),
  })
}

/** Grows with every write even where the clock stands still or goes back, and starts high in a rebuilt bucket. */
export function nextGeneration(previous: number | null, nowMs: number): number {
  return Math.max((previous ?? 0) + 1, Math.floor(nowMs / 1000))
}
