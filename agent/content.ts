import { explain, QuaysideError } from '../core/errors.ts'
import type { Target } from '../core/host/choose-target.ts'
import { volatileFor } from '../core/host/choose-target.ts'
import { missingSources } from '../core/host/endpoint-diff.ts'
import type { Installed } from '../core/host/host-state.ts'
import type { NginxCapability } from '../core/host/nginx-version.ts'
import { releaseId } from '../core/release/channel.ts'
import type { Endpoints } from '../core/release/endpoints.ts'
import { layoutKey } from '../core/release/keys.ts'
import type { Layout } from '../core/release/layout.ts'
import { parseEndpoints } from '../core/release/parse-endpoints.ts'
import { parseLayout } from '../core/release/parse-layout.ts'
import type { BlobStore } from './blobs.ts'
import { type ContentFile, localChanges, localFile } from './local-file.ts'
import { type ComposeDeps, type Composed, composeUpstreams } from './resolver/compose.ts'
import type { AgentSettings } from './settings.ts'

/** All that a configuration is made of: downloaded, checked, and rendered for this host. */
export type Content = {
  readonly installed: Installed
  readonly layout: Layout
  readonly endpoints: Endpoints
  readonly upstreams: { readonly http: string; readonly stream: string }
  readonly files: readonly ContentFile[]
}

type Deps = ComposeDeps & {
  readonly blobs: BlobStore
  readonly settings: AgentSettings
  readonly capability: Pick<NginxCapability, 'sticky' | 'http2Directive'>
}

/** Throws RELEASE_INVALID for content that no retry can mend, and what the blob store throws. */
export async function fetchContent(deps: Deps, target: Target): Promise<Content> {
  const { blobs, settings, capability } = deps
  const [layoutText, endpointsText] = await Promise.all([
    blobs.read(target.layout, layoutKey(target.layout.sha256)),
    blobs.read(target.endpoints),
  ])
  const layout = parseLayout(layoutText.toString(), target.layout.sha256)
  const endpoints = parseEndpoints(endpointsText.toString())
  const volatile = volatileFor(layout, target.volatile)
  if (volatile === null) throw incomplete('a file that its template makes is not in the channel pointer')
  if (target.why !== 'offered') refuseUnknownSources(layout, endpoints)
  const origins = [...layout.files, ...volatile]
  await blobs.ensure(origins)
  const files = await Promise.all(origins.map((file) => localFile(blobs, { settings, capability }, file)))
  const local = localChanges({ settings, capability })
  const { generation } = target
  const source = { layout, layoutRef: target.layout, endpoints, endpointsRef: target.endpoints }
  const { id, upstreams } = await compose(() => composeUpstreams(deps, source, { volatile, local }))
  const what = { layout: target.layout, endpoints: target.endpoints, volatile }
  const installed = { ...id, releaseId: releaseId(what), generation, ...what }
  return { installed, layout, endpoints, upstreams, files }
}

async function compose(work: () => Promise<Composed>): Promise<Composed> {
  return await work().catch((cause: unknown) => {
    throw incomplete(`its upstreams can't be rendered: ${explain(cause)}`)
  })
}

/** Today's endpoints may not know an old layout's sources any more: unknown isn't empty, so such a layout keeps its old ones. */
function refuseUnknownSources(layout: Layout, endpoints: Endpoints): void {
  const missing = missingSources(layout, endpoints)
  if (missing.length > 0) throw incomplete(`the endpoints don't name its sources ${missing.join(', ')}`)
}

function incomplete(why: string): QuaysideError {
  return new QuaysideError('RELEASE_INVALID', `the release can't be composed on this host: ${why}`)
}
