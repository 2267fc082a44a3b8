import type { BalanceMethod, UpstreamSettings } from '../release/layout.ts'

const withBackup: ReadonlySet<BalanceMethod> = new Set(['round_robin', 'least_conn'])

/**
 * Whether nginx can get the addresses of an upstream by name. Without `backup` servers it couldn't serve after a start without DNS, and no
 * method with a hash, nor `random`, can have them; beside a limit of connections they would double it. Such upstreams are static in every mode.
 */
export function canResolve({ method, context, sticky, maxConns = 0 }: UpstreamSettings): boolean {
  const isSticky = sticky !== undefined && context === 'http'
  return withBackup.has(method) && !isSticky && maxConns === 0
}
