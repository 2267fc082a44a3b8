export type DnsVerdict =
  | { readonly state: 'confirmed' }
  | { readonly state: 'wait'; readonly reason: string }
  /** Not asked for in time: it is said so, and waited on. Nothing is known against the addresses. */
  | { readonly state: 'late'; readonly reason: string }

export type DnsFacts = {
  readonly now: number
  readonly servedAt: number
  /** Since when nginx has been given every list; null as long as it lacks one. */
  readonly answeredAt: number | null
  /** Names whose present list nginx hasn't been given. */
  readonly unanswered: readonly string[]
}

/** nginx asks within two seconds; then it asks for the addresses of the names it was given, which takes milliseconds. */
export const settleMs = 1_000
export const dnsTimeoutMs = 10_000

/** Whether nginx has taken up what the DNS server says. It doesn't tell; that it asked, and had the time to act on the answer, does. */
export function dnsVerdict({ now, servedAt, answeredAt, unanswered }: DnsFacts): DnsVerdict {
  if (answeredAt !== null && now - answeredAt >= settleMs) return { state: 'confirmed' }
  if (unanswered.length === 0 || now - servedAt < dnsTimeoutMs)
    return { state: 'wait', reason: 'nginx is taking up new addresses by DNS' }
  const [first] = unanswered
  const others = unanswered.length > 1 ? ` and ${unanswered.length - 1} other names` : ''
  const reason = `nginx has not asked for the addresses of ${first}${others} in ${dnsTimeoutMs / 1_000} s; it serves those that it knows`
  return { state: 'late', reason }
}
