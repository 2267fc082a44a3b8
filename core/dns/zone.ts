/** One server of an upstream, as a DNS answer can name it. */
export type DnsTarget = { readonly address: string; readonly port: number; readonly weight: number }

/** The servers of each upstream, by its DNS name (see `upstreamName`). */
export type DnsZone = ReadonlyMap<string, readonly DnsTarget[]>

/** Whether both lists say the same in the same order: an answer made for one is right for the other. */
export function sameTargets(a: readonly DnsTarget[], b: readonly DnsTarget[]): boolean {
  if (a === b) return true
  return a.length === b.length && a.every((one, at) => sameTarget(one, b[at]))
}

function sameTarget(a: DnsTarget, b: DnsTarget | undefined): boolean {
  return a.address === b?.address && a.port === b.port && a.weight === b.weight
}
