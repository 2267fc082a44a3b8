/** One place that takes traffic. The address is a literal IPv4 or IPv6 address, without brackets. */
export type Server = {
  readonly address: string
  readonly port: number
  /** The instance's own weight, 1–65535; the share of its source is applied when the upstream is rendered. */
  readonly weight: number
}

/**
 * The canonical text of where servers come from: `<service>@<datacenter>`, with `?<filter>` where an operator's template
 * asks for a part only. It is the key in endpoints and the reference in a layout's upstreams.
 */
export type SourceKey = string

/** Today's addresses, apart from every setting: servers per source, each list in the total order (address, port). */
export type Endpoints = {
  readonly schema: 1
  readonly sources: Readonly<Record<SourceKey, readonly Server[]>>
}

export function isSameServer(a: Server, b: Server | undefined): boolean {
  return a === b || (a.address === b?.address && a.port === b.port && a.weight === b.weight)
}

export function isSameList(a: readonly Server[], b: readonly Server[] | undefined): boolean {
  return a === b || (a.length === b?.length && a.every((server, at) => isSameServer(server, b[at])))
}

/** The parts of a source that takes all of a service; null for any other text. The datacenter is what follows the last `@`. */
export function parseSourceKey(
  source: SourceKey,
): { readonly service: string; readonly datacenter: string } | null {
  const [, service, datacenter] = /^(.+)@([a-z0-9_-]+)$/s.exec(source) ?? []
  return service === undefined || datacenter === undefined ? null : { service, datacenter }
}

export function sourceKey(service: string, datacenter: string): SourceKey {
  return `${service}@${datacenter}`
}
