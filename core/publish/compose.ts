import { digestOf, sha256 } from '../canonical.ts'
import { type PartedMap, valuesOf } from '../parted-map.ts'
import type { Pointer, Ref, VolatileRef } from '../release/channel.ts'
import { endpointsOf, endpointsText, isSameEndpoints } from '../release/endpoint-lists.ts'
import type { Endpoints, Server, SourceKey } from '../release/endpoints.ts'
import { type Layout, layoutText, type UpstreamSettings } from '../release/layout.ts'
import type { OperatorFile } from '../template/operator-files.ts'
import { type ReleaseParts, releaseParts } from '../template/release-parts.ts'
import { sourcesOf } from './followed.ts'

/** What a pointer says apart from names and times: equal content is never published twice. */
export type Content = Pick<Pointer, 'layout' | 'previousLayout' | 'endpoints' | 'upstreams' | 'volatile'>

/** A layout with the reference under which it is stored; the digest is that of the stored text, whoever wrote it. */
export type StoredLayout = { readonly layout: Layout; readonly ref: Ref }

/** Everything that a release consists of, digests and bytes, before any of it is stored. */
export type Composed = {
  readonly content: Content
  readonly layout: StoredLayout
  readonly previousLayout: StoredLayout | null
  readonly endpoints: Endpoints
  /** The files of the layout that operators' templates make. */
  readonly operatorFiles: readonly OperatorFile[]
  readonly volatile: readonly VolatileRef[]
  readonly blobs: readonly string[]
  /** Those of them that must be stored where the layout is stored already. */
  readonly liveBlobs: readonly string[]
  /** Names of upstreams without a server. */
  readonly empty: readonly string[]
}

/** Servers by source, in a map of either kind. */
export type ServerLists =
  | PartedMap<readonly Server[]>
  | Pick<ReadonlyMap<SourceKey, readonly Server[]>, 'get'>

export type RenderUpstreams = (
  settings: readonly UpstreamSettings[],
  endpoints: Endpoints,
  capability: { readonly mode: 'static' },
) => { readonly http: string; readonly stream: string; readonly empty: readonly string[] }

/**
 * Puts a layout and today's servers together. The endpoints cover the previous layout too, so that a host which must go back to
 * it can do so with living addresses. `files` are the contents of our own files, empty for a layout that is stored already;
 * `operatorFiles` are all of the layout's that operators' templates make, each with its bytes.
 */
export function compose(
  layout: StoredLayout,
  files: readonly string[],
  previousLayout: StoredLayout | null,
  servers: ServerLists,
  renderUpstreams: RenderUpstreams,
  operatorFiles: readonly OperatorFile[] = noFiles,
): Composed {
  const parts = partsOnce(operatorFiles)
  const layouts = previousLayout === null ? [layout.layout] : [layout.layout, previousLayout.layout]
  const endpoints = endpointsFor(servers, sourcesOf(layouts))
  const rendered = renderUpstreams(layout.layout.upstreams, endpoints, { mode: 'static' })
  let sealed: Sealed | null = null
  const seal = () => {
    sealed ??= sealRelease(layout, previousLayout, endpoints, rendered, parts)
    return sealed
  }
  return {
    // Digests cost more than all else, and most of what is composed is never published.
    get content() {
      return seal().content
    },
    get blobs() {
      return [...files, ...this.liveBlobs]
    },
    get liveBlobs() {
      return [...parts.blobs, seal().text, rendered.http, rendered.stream]
    },
    layout,
    previousLayout,
    endpoints,
    operatorFiles,
    volatile: parts.refs,
    empty: rendered.empty,
  }
}

const noFiles: readonly OperatorFile[] = []
const noServers: readonly Server[] = []

function endpointsFor(servers: ServerLists, sources: readonly SourceKey[]): Endpoints {
  const lists = 'parts' in servers ? valuesOf(servers, sources) : sources.map((source) => servers.get(source))
  const isComplete = !lists.includes(undefined)
  return endpointsOf({ sources, lists: isComplete ? (lists as Lists) : lists.map((one) => one ?? noServers) })
}

type Lists = readonly (readonly Server[])[]

const known = new WeakMap<readonly OperatorFile[], ReleaseParts>()

/** The same for a list of files that is the same object. */
export function partsOnce(files: readonly OperatorFile[]): ReleaseParts {
  const parts = known.get(files) ?? releaseParts(files)
  known.set(files, parts)
  return parts
}

type Sealed = { readonly content: Content; readonly text: string }

function sealRelease(
  layout: StoredLayout,
  previousLayout: StoredLayout | null,
  endpoints: Endpoints,
  { http, stream }: { readonly http: string; readonly stream: string },
  { refs }: ReleaseParts,
): Sealed {
  const text = endpointsText(endpoints)
  const content = {
    layout: layout.ref,
    previousLayout: previousLayout?.ref ?? null,
    endpoints: refOf(text),
    upstreams: { http: refOf(http), stream: refOf(stream) },
    volatile: refs,
  }
  return { content, text }
}

/** Whether both give hosts the same bytes, found without making them. */
export function isSameRelease(a: Composed, b: Composed): boolean {
  if (a === b) return true
  const isSameLayout = a.layout.ref.sha256 === b.layout.ref.sha256
  const isSamePrevious = a.previousLayout?.ref.sha256 === b.previousLayout?.ref.sha256
  const isSame = isSameLayout && isSamePrevious && isSameEndpoints(a.endpoints, b.endpoints)
  return isSame && isSameVolatile(a.volatile, b.volatile)
}

function isSameVolatile(a: readonly VolatileRef[], b: readonly VolatileRef[]): boolean {
  if (a === b) return true
  return (
    a.length === b.length &&
    a.every(({ path, sha256: digest }, at) => {
      return path === b[at]?.path && digest === b[at]?.sha256
    })
  )
}

/** Digest and size of the text's UTF-8 bytes. */
export function refOf(text: string): Ref {
  return { sha256: sha256(text), size: Buffer.byteLength(text) }
}

/** Equal for pointers that give hosts the same bytes. */
export function contentDigest({ layout, previousLayout, endpoints, upstreams, volatile }: Content): string {
  return digestOf({ layout, previousLayout, endpoints, upstreams, volatile })
}

/** A layout as it will be stored: its canonical JSON. */
export function storedLayout(layout: Layout): StoredLayout {
  return { layout, ref: refOf(layoutText(layout)) }
}

const stored = new WeakMap<Layout, StoredLayout>()

/** The same for a layout that is the same object. */
export function storedOnce(layout: Layout): StoredLayout {
  const one = stored.get(layout) ?? storedLayout(layout)
  stored.set(layout, one)
  return one
}
