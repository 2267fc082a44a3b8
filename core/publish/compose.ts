import { digestOf, sha256 } from '../canonical.ts'
import type { Pointer, Ref } from '../release/channel.ts'
import {
  type Endpoints,
  endpointsText,
  isSameEndpoints,
  type Server,
  type SourceKey,
} from '../release/endpoints.ts'
import { type Layout, layoutText, type UpstreamSettings } from '../release/layout.ts'
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
  readonly blobs: readonly string[]
  /** Names of upstreams without a server. */
  readonly empty: readonly string[]
}

export type RenderUpstreams = (
  settings: readonly UpstreamSettings[],
  endpoints: Endpoints,
  capability: { readonly mode: 'static' },
) => { readonly http: string; readonly stream: string; readonly empty: readonly string[] }

/**
 * Puts a layout and today's servers together. The endpoints cover the previous layout too, so that a host which must go back to
 * it can do so with living addresses. `files` are the layout's contents, empty for one that is stored already.
 */
export function compose(
  layout: StoredLayout,
  files: readonly string[],
  previousLayout: StoredLayout | null,
  servers: ReadonlyMap<SourceKey, readonly Server[]>,
  renderUpstreams: RenderUpstreams,
): Composed {
  const layouts = previousLayout === null ? [layout.layout] : [layout.layout, previousLayout.layout]
  const endpoints: Endpoints = {
    schema: 1,
    sources: Object.fromEntries(sourcesOf(layouts).map((source) => [source, servers.get(source) ?? []])),
  }
  const { http, stream, empty } = renderUpstreams(layout.layout.upstreams, endpoints, { mode: 'static' })
  let sealed: Sealed | null = null
  const seal = () => {
    sealed ??= sealRelease(layout, previousLayout, endpoints, http, stream)
    return sealed
  }
  return {
    // Digests cost more than all else, and most of what is composed is never published.
    get content() {
      return seal().content
    },
    get blobs() {
      return [...files, seal().text, http, stream]
    },
    layout,
    previousLayout,
    endpoints,
    empty,
  }
}

type Sealed = { readonly content: Content; readonly text: string }

function sealRelease(
  layout: StoredLayout,
  previousLayout: StoredLayout | null,
  endpoints: Endpoints,
  http: string,
  stream: string,
): Sealed {
  const text = endpointsText(endpoints)
  const content = {
    layout: layout.ref,
    previousLayout: previousLayout?.ref ?? null,
    endpoints: refOf(text),
    upstreams: { http: refOf(http), stream: refOf(stream) },
    volatile: [],
  }
  return { content, text }
}

/** Whether both give hosts the same bytes, found without making them. */
export function isSameRelease(a: Composed, b: Composed): boolean {
  if (a === b) return true
  const isSameLayout = a.layout.ref.sha256 === b.layout.ref.sha256
  const isSamePrevious = a.previousLayout?.ref.sha256 === b.previousLayout?.ref.sha256
  return isSameLayout && isSamePrevious && isSameEndpoints(a.endpoints, b.endpoints)
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
