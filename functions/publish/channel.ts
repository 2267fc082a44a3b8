import { QuaysideError } from '../../core/errors.ts'
import type { Composed, StoredLayout } from '../../core/publish/compose.ts'
import { refOf } from '../../core/publish/compose.ts'
import {
  type ChannelIdentity,
  nextPointer,
  resigned,
  serialisePointer,
} from '../../core/publish/next-pointer.ts'
import { emptyState, type PublisherState } from '../../core/publish/state.ts'
import { storeState } from '../../core/publish/stored-state.ts'
import { type Pointer, signedText } from '../../core/release/channel.ts'
import type { Endpoints } from '../../core/release/endpoints.ts'
import { layoutText } from '../../core/release/layout.ts'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { OperatorFile } from '../../core/template/operator-files.ts'
import { checkSigned } from './check-signed.ts'
import { openOperatorFiles, publishedFiles } from './operator-channel.ts'
import { readLayout } from './read-layout.ts'
import { newParts, readState } from './read-state.ts'

/** What publishing needs of the release bucket. Throws RELEASE_CONFLICT where somebody else replaced the pointer. */
export type ReleaseStore = {
  readonly readPointer: (
    channel: string,
  ) => Promise<{ readonly content: string; readonly etag: string } | null>
  readonly putPointer: (channel: string, content: string, etag: string | null) => Promise<string>
  readonly readBlob: (sha256: string) => Promise<string>
  readonly putBlob: (content: string) => Promise<void>
  readonly readLayout: (id: string) => Promise<string>
  readonly putLayout: (id: string, content: string) => Promise<void>
  readonly putPublication: (generation: number, content: string) => Promise<void>
}

export type PointerSigner = {
  readonly keyId: string
  readonly publicKey: string
  readonly sign: (text: string) => Promise<string>
}

export type ChannelDeps = {
  readonly releases: ReleaseStore
  readonly signer: PointerSigner
  readonly identity: ChannelIdentity
  /** PEM of earlier signing keys: what they signed is genuine too. */
  readonly trustedKeys?: readonly string[]
  readonly now: () => number
}

/** A channel as we know it: what is published, and the ETag that lets exactly the next one of us replace it. */
export type Channel = {
  readonly pointer: Pointer | null
  readonly etag: string | null
  readonly layout: StoredLayout | null
  readonly previousLayout: StoredLayout | null
  /** The layout that a pin asks for, or without one the layout that was promoted. */
  readonly pinned: StoredLayout | null
  readonly endpoints: Endpoints | null
  readonly state: PublisherState
  /** The digests of the parts of the state in force, which need not be stored again. */
  readonly stateParts: ReadonlySet<string>
  /** The files that operators' templates made, of the layout in force and of the pinned one. */
  readonly operatorFiles: readonly OperatorFile[]
  readonly pinnedFiles: readonly OperatorFile[]
  /** The bytes of `operatorFiles`, by digest. */
  readonly contents: ReadonlyMap<string, string>
  /** What the pointer holds where we published it ourselves: telling by its parts is much quicker than by digests. */
  readonly composed: Composed | null
}

/** A channel that has something published. */
export type Opened = Channel & Published & { readonly layout: StoredLayout; readonly endpoints: Endpoints }

export const nothingPublished: Channel = {
  pointer: null,
  etag: null,
  layout: null,
  previousLayout: null,
  pinned: null,
  endpoints: null,
  state: emptyState,
  stateParts: new Set(),
  operatorFiles: [],
  pinnedFiles: [],
  contents: new Map(),
  composed: null,
}

/**
 * The pointer in force, or null. Throws RELEASE_INVALID if it is another deployment's: the bucket isn't ours then. With a signer, also
 * for one that its key didn't sign: signed again, what anybody put into the bucket would be genuine to the hosts.
 */
export async function readChannel({
  releases,
  identity,
  signer,
  trustedKeys = [],
}: Pick<ChannelDeps, 'releases' | 'identity' | 'trustedKeys'> &
  Partial<Pick<ChannelDeps, 'signer'>>): Promise<Published | null> {
  const stored = await releases.readPointer(identity.channel)
  if (stored === null) return null
  const read = parsePointer(stored.content)
  const { pointer } = read
  if (pointer.deployment === identity.deployment && pointer.channel === identity.channel) {
    if (signer !== undefined) checkSigned(read, [signer.publicKey, ...trustedKeys], identity)
    return { pointer, etag: stored.etag }
  }
  throw new QuaysideError(
    'RELEASE_INVALID',
    `Channel ${identity.channel} belongs to ${pointer.deployment}/${pointer.channel}, this is ${identity.deployment}. Give each deployment its own bucket.`,
  )
}

export type Published = { readonly pointer: Pointer; readonly etag: string }

/**
 * Signs the pointer again under a new generation, which shuts out every writer that read it before: a fence. What is read from
 * Consul after this is newer than whatever such a writer could still have published.
 */
export async function fence(deps: ChannelDeps): Promise<Published | null> {
  for (let attempts = 1; ; attempts += 1) {
    const published = await readChannel(deps)
    if (published === null) return null
    try {
      return await resign(deps, published)
    } catch (error) {
      if (!isConflict(error) || attempts === 10) throw error
    }
  }
}

export async function resign(deps: ChannelDeps, { pointer, etag }: Published): Promise<Published> {
  return replacePointer(deps, resigned(pointer, deps.identity, deps.now()), etag)
}

/**
 * Leaves what is remembered now to the next publisher, where the pointer names an older state: who is behind an address can change while
 * nothing is published. Returns the channel as it is then.
 */
export async function handOver(
  deps: ChannelDeps,
  channel: Channel,
  state: PublisherState = channel.state,
): Promise<Channel> {
  const { pointer, etag, stateParts } = channel
  const { root, parts } = storeState(state)
  const ref = refOf(root)
  if (pointer === null || etag === null || pointer.state.sha256 === ref.sha256) return channel
  await Promise.all([root, ...newParts(parts, stateParts)].map(deps.releases.putBlob))
  const replaced = await replacePointer(deps, resigned(pointer, deps.identity, deps.now(), ref), etag)
  return { ...channel, ...replaced, state, stateParts: new Set(parts.keys()) }
}

/** Fences the channel and reads everything that its pointer names. */
export async function openChannel(deps: ChannelDeps): Promise<Channel> {
  const published = await fence(deps)
  return published === null ? nothingPublished : loadChannel(deps.releases, published)
}

/** Everything that the pointer in force names, without writing anything. */
export async function viewChannel(deps: Pick<ChannelDeps, 'releases' | 'identity'>): Promise<Channel> {
  const published = await readChannel(deps)
  return published === null ? nothingPublished : loadChannel(deps.releases, published)
}

/** Reads everything that a pointer names. */
export async function loadChannel(
  releases: Pick<ReleaseStore, 'readBlob' | 'readLayout'>,
  { pointer, etag }: Published,
): Promise<Opened> {
  const kept = pointer.pin?.layout ?? pointer.promoted?.layout
  const [layout, previousLayout, pinned, endpoints, remembered] = await Promise.all([
    readLayout(releases, pointer.layout.sha256),
    pointer.previousLayout === null ? null : readLayout(releases, pointer.previousLayout.sha256),
    kept === undefined ? null : readLayout(releases, kept),
    releases.readBlob(pointer.endpoints.sha256).then(parseEndpoints),
    readState(releases, pointer.state.sha256),
  ])
  const files = await openOperatorFiles(releases, pointer, layout, pinned)
  return { pointer, etag, layout, previousLayout, pinned, endpoints, ...remembered, ...files, composed: null }
}

/**
 * Stores all content in parallel and then moves the pointer: whoever reads the new pointer finds everything that it names.
 * Throws RELEASE_CONFLICT if another publisher was faster; nothing that hosts can see has changed then.
 */
export async function publish(
  deps: ChannelDeps,
  channel: Channel,
  composed: Composed,
  state: PublisherState,
): Promise<Channel & Published> {
  const { releases, identity, now } = deps
  const { root, parts } = storeState(state)
  const pointer = nextPointer(channel.pointer, composed.content, refOf(root), identity, now())
  const { layout, ref } = composed.layout
  const isStored = [channel.layout, channel.previousLayout, channel.pinned].some(
    (stored) => stored?.ref.sha256 === ref.sha256,
  )
  const ours = isStored ? composed.liveBlobs : composed.blobs
  const blobs = [...ours, root, ...newParts(parts, channel.stateParts)]
  const [signed] = await Promise.all([
    signPointer(deps.signer, pointer),
    ...blobs.map((content) => releases.putBlob(content)),
    ...(isStored ? [] : [releases.putLayout(ref.sha256, layoutText(layout))]),
  ])
  const etag = await releases.putPointer(identity.channel, signed, channel.etag)
  const { layout: published, previousLayout, endpoints } = composed
  const { pinned } = channel
  const remembered = { state, stateParts: new Set(parts.keys()) }
  const files = publishedFiles(channel, composed)
  return {
    pointer,
    etag,
    layout: published,
    previousLayout,
    pinned,
    endpoints,
    ...remembered,
    ...files,
    composed,
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof QuaysideError && error.code === 'RELEASE_CONFLICT'
}

/** Signs the pointer and puts it in place of the one with that ETag. Throws RELEASE_CONFLICT if that one was replaced. */
export async function replacePointer(
  deps: Pick<ChannelDeps, 'releases' | 'signer' | 'identity'>,
  pointer: Pointer,
  etag: string,
): Promise<Published> {
  const signed = await signPointer(deps.signer, pointer)
  return { pointer, etag: await deps.releases.putPointer(deps.identity.channel, signed, etag) }
}

async function signPointer(signer: PointerSigner, pointer: Pointer): Promise<string> {
  const value = await signer.sign(signedText(pointer))
  return serialisePointer({ pointer, signature: { key: signer.keyId, value } })
}
