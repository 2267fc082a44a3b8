import { readFile } from 'node:fs/promises'
import { type ConfigParts, configId, loadedId } from '../../core/host/config-id.ts'
import type { Installed, Resolved } from '../../core/host/host-state.ts'
import type { NginxCapability } from '../../core/host/nginx-version.ts'
import { type ChosenMode, tooManyToResolve } from '../../core/host/resolve/choose-mode.ts'
import type { Ref } from '../../core/release/channel.ts'
import type { Endpoints } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { ResolveCapability } from '../../core/render/resolve-upstream.ts'
import { renderUpstreams } from '../../core/render/upstreams.ts'
import { zoneSizes } from '../../core/render/zone-sizes.ts'
import type { AgentSettings } from '../settings.ts'
import type { StateFile } from '../state-file.ts'
import type { Resolver } from './resolver.ts'

export type ComposeDeps = {
  readonly settings: Pick<AgentSettings, 'nginx'>
  readonly capability: Pick<NginxCapability, 'sticky'>
  readonly resolver: Resolver
  readonly state: StateFile
}

export type Source = {
  readonly layout: Layout
  readonly layoutRef: Ref
  readonly endpoints: Endpoints
  readonly endpointsRef: Ref
}

/** The upstreams as this host's nginx gets them, and the names of the configuration that has them. */
export type Composed = {
  readonly upstreams: ConfigParts['upstreams']
  readonly id: Pick<Installed, 'configId' | 'resolved'>
}

/** `rest` is what else the config id is made of. Throws RENDER_REFUSED. */
export async function composeUpstreams(
  deps: ComposeDeps,
  { layout, layoutRef, endpoints, endpointsRef }: Source,
  rest: Omit<ConfigParts, 'upstreams' | 'layout'>,
): Promise<Composed> {
  const { resolver, state, capability } = deps
  const { sticky } = capability
  const parts = { ...rest, layout: layoutRef.sha256 }
  resolver.rendered = await modeFor(deps, layout, layoutRef)
  if (resolver.rendered.mode === 'static') {
    const upstreams = renderUpstreams(layout.upstreams, endpoints, { mode: 'static', sticky })
    return { upstreams, id: { configId: configId({ ...parts, upstreams }) } }
  }
  const inForce = state.current.confirmed?.resolved?.zones ?? {}
  const zones = zoneSizes(layout.upstreams, endpoints, inForce, resolver.overflowed)
  const { address } = resolver
  const bare: ResolveCapability = { mode: 'resolve', sticky, resolver: address, seeds: null, zones }
  const id = configId({ ...parts, upstreams: renderUpstreams(layout.upstreams, endpoints, bare) })
  const resolved: Resolved = { configId: id, seeds: endpointsRef, zones }
  const upstreams = renderUpstreams(layout.upstreams, endpoints, { ...bare, seeds: endpoints })
  return { upstreams, id: { configId: loadedId(id, endpointsRef.sha256), resolved } }
}

async function modeFor({ settings, resolver }: ComposeDeps, layout: Layout, ref: Ref): Promise<ChosenMode> {
  const { chosen, plain } = resolver
  if (chosen.mode === 'static') return chosen
  if (plain?.layout === ref.sha256) return { mode: 'static', why: plain.why }
  const mainConf = await readFile(settings.nginx.mainConf, 'utf8').catch(() => '')
  const why = tooManyToResolve(layout.upstreams, mainConf)
  return why === null ? chosen : { mode: 'static', why }
}
