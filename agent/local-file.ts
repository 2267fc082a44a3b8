import type { NginxCapability } from '../core/host/nginx-version.ts'
import type { Ref } from '../core/release/channel.ts'
import type { NginxContext } from '../core/release/layout.ts'
import { http2Directive } from '../core/render/http2-directive.ts'
import { rewriteListens } from '../core/render/rewrite-listens.ts'
import type { BlobStore } from './blobs.ts'
import type { AgentSettings } from './settings.ts'

/** A file as this host will include it; `origin` is the content that was signed, before this host's own changes. */
export type ContentFile = Ref & {
  readonly path: string
  readonly context: NginxContext
  readonly origin: Ref
}

type Local = {
  readonly settings: Pick<AgentSettings, 'listens'>
  readonly capability: Pick<NginxCapability, 'http2Directive'>
}

/** Names the changes that this host makes to files, for the config id; empty where it makes none. */
export function localChanges({ settings, capability }: Local): string {
  const listens = Object.entries(settings.listens).sort()
  return `${capability.http2Directive ? 'http2 on;' : ''}${listens.length === 0 ? '' : JSON.stringify(listens)}`
}

/** The file for this host, kept as a blob where it isn't the signed one. */
export async function localFile(
  blobs: BlobStore,
  local: Local,
  { path, context, sha256, size }: Ref & { path: string; context: NginxContext },
): Promise<ContentFile> {
  const origin = { sha256, size }
  if (localChanges(local) === '') return { path, context, origin, ...origin }
  const text = (await blobs.read(origin)).toString()
  const own = changed(text, context, local)
  return { path, context, origin, ...(own === text ? origin : await blobs.keep(own)) }
}

function changed(text: string, context: NginxContext, { settings, capability }: Local): string {
  const moved = rewriteListens(text, settings.listens)
  return capability.http2Directive && context === 'http' ? modern(moved) : moved
}

/** What only nginx itself can read, such as blocks of another language in an operator's template, stays as it is. */
function modern(text: string): string {
  try {
    return http2Directive(text)
  } catch {
    return text
  }
}
