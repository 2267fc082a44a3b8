/** `[1, 22, 1]` of "nginx version: nginx/1.22.1"; null where there is none. */
export type NginxVersion = readonly [number, number, number]

/** How upstream servers reach nginx: as static lines (every change is a reload), or by names that it resolves itself. */
export type EndpointMode = 'static' | 'resolve'

export type NginxCapability = {
  readonly version: string
  /** nginx ≥ 1.27.4: closes idle kept-alive connections gracefully at a reload, so that clients see no resets. */
  readonly keepaliveMinTimeout: boolean
  /** nginx ≥ 1.27.3: `server <name> resolve` in upstreams. */
  readonly resolve: boolean
  /** nginx ≥ 1.25.1: the directive `http2`, in place of the parameter of `listen`, of which it warns. */
  readonly http2Directive: boolean
  /** nginx ≥ 1.29.6: the directive `sticky` in upstreams. */
  readonly sticky: boolean
}

export function parseNginxVersion(text: string): NginxVersion | null {
  const found = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(text)
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])]
}

/** `built` is what `nginx -V` tells of how it was configured; modules that are left out there can't be had otherwise. */
export function capabilityOf(version: NginxVersion, built = ''): NginxCapability {
  const hasZones = !/--without-(http|stream)_upstream_zone_module/.test(built)
  return {
    version: version.join('.'),
    keepaliveMinTimeout: isAtLeast(version, [1, 27, 4]),
    resolve: hasZones && isAtLeast(version, [1, 27, 3]),
    http2Directive: isAtLeast(version, [1, 25, 1]),
    sticky: isAtLeast(version, [1, 29, 6]),
  }
}

function isAtLeast(version: NginxVersion, least: NginxVersion): boolean {
  const different = version.findIndex((part, i) => part !== least[i])
  return different < 0 || (version[different] ?? 0) > (least[different] ?? 0)
}
