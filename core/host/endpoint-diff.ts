import type { Endpoints, Server, SourceKey } from '../release/endpoints.ts'
import type { Layout } from '../release/layout.ts'

/** Addresses (`address:port`) that left and that joined, over the sources that a layout uses. */
export type EndpointDiff = { readonly removed: readonly string[]; readonly added: readonly string[] }

export function endpointDiff(
  before: Endpoints,
  after: Endpoints,
  sources: ReadonlySet<SourceKey>,
): EndpointDiff {
  const old = addressesBySource(before, sources)
  const next = addressesBySource(after, sources)
  return { removed: minus(old, next), added: minus(next, old) }
}

export function sourcesOf(layout: Layout): ReadonlySet<SourceKey> {
  return new Set(layout.upstreams.flatMap(({ sources }) => sources.map(({ source }) => source)))
}

/** Sources that a layout needs and `endpoints` says nothing of: unknown, which is not the same as empty. */
export function missingSources(layout: Layout, endpoints: Endpoints): readonly SourceKey[] {
  return [...sourcesOf(layout)].filter((source) => endpoints.sources[source] === undefined)
}

/** Address literals with a port in a rendered file, to see whether an address left an operator's own template. */
export function addressesIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]):\d{1,5}\b/gi) ?? [])
}

/** What is in `before` and not in `after`, in order. */
export function minus(before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
  return [...before].filter((item) => !after.has(item)).sort()
}

function addressesBySource(endpoints: Endpoints, sources: ReadonlySet<SourceKey>): ReadonlySet<string> {
  const label = (source: SourceKey, { address, port }: Server) =>
    `${source} ${address.includes(':') ? `[${address}]` : address}:${port}`
  return new Set(
    [...sources].flatMap((source) =>
      (endpoints.sources[source] ?? []).map((server) => label(source, server)),
    ),
  )
}
