import { canonicalJson } from '../../core/canonical.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { ClusterKey } from '../../core/ledger/keys.ts'
import type { ClusterSettings, ConsulScope } from '../../core/settings/settings.ts'
import { parseClusterArn } from '../../core/task/arn.ts'
import type { ConsulAccess, ConsulAccessProvider } from './access.ts'
import type { ConsulClient } from './client.ts'

/** The clients of a deployment whose clusters are registered in different parts of one Consul. */
export type ScopedConsul = {
  /** The client for everything of this cluster; the default one for a cluster that isn't configured. */
  readonly of: (cluster: ClusterKey) => ConsulClient
  /** Each once, the default one first. */
  readonly all: readonly ConsulClient[]
  readonly standard: ConsulClient
  readonly close: () => Promise<void>
}

/** One client for each part of Consul that the clusters name; mostly that is one. */
export function openScopes(
  access: ConsulAccessProvider,
  clusters: readonly Pick<ClusterSettings, 'arn' | 'consul'>[],
  open: (access: ConsulAccessProvider) => ConsulClient,
): ScopedConsul {
  const standard = open(access)
  const clients = new Map<string, ConsulClient>()
  const byCluster = new Map<string, ConsulClient>()
  for (const { arn, consul } of clusters) {
    if (consul === null) continue
    const key = canonicalJson(consul)
    const client = clients.get(key) ?? open(scopedAccess(access, consul))
    clients.set(key, client)
    byCluster.set(keyOf(parseClusterArn(arn, 'clusters.arn')), client)
  }
  const all = [standard, ...clients.values()]
  return {
    of: (cluster) => byCluster.get(keyOf(cluster)) ?? standard,
    all,
    standard,
    close: async () => {
      await Promise.all(all.map((client) => client.close()))
    },
  }
}

/** The same servers, asked for another part of them. The same access always becomes the same object, as clients expect. */
export function scopedAccess(access: ConsulAccessProvider, scope: ConsulScope): ConsulAccessProvider {
  const known = new WeakMap<ConsulAccess, ConsulAccess>()
  return async (fresh) => {
    const whole = await access(fresh)
    const scoped = known.get(whole) ?? narrowed(whole, scope)
    known.set(whole, scoped)
    return scoped
  }
}

function narrowed(
  access: ConsulAccess,
  { datacenter, namespace, partition, token }: ConsulScope,
): ConsulAccess {
  const named = token === null ? undefined : access.tokens?.[token]
  if (token !== null && named === undefined) {
    const known = Object.keys(access.tokens ?? {}).join(', ') || 'none'
    throw new QuaysideError(
      'SETTINGS_INVALID',
      `The Consul secret has no token named ${JSON.stringify(token)} in "tokens" (there: ${known}), which a cluster asks for.`,
    )
  }
  return {
    ...access,
    ...(datacenter === null ? {} : { datacenter }),
    ...(namespace === null ? {} : { namespace }),
    ...(partition === null ? {} : { partition }),
    ...(named === undefined ? {} : { token: named }),
  }
}

function keyOf({ account, region, cluster }: ClusterKey): string {
  return `${account}/${region}/${cluster}`
}
