/**
 * The upstream zones that nginx had no memory in, from new lines of its error log: it then goes on with the addresses that it knew, and
 * says no more about it.
 */
export function overflowedZones(text: string): ReadonlySet<string> {
  const found = text.matchAll(
    /\[crit\] \d+#\d+: .*no memory in upstream zone "(quayside_[A-Za-z0-9_]{1,100})"/g,
  )
  return new Set([...found].map(([, zone = '']) => zone))
}
