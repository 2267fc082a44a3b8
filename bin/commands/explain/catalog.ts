import { createConsulClient } from '../../../adapters/consul/client.ts'
import { parseHealth } from '../../../core/catalog/parse-health.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { parseSourceKey, type SourceKey } from '../../../core/release/endpoints.ts'
import type { Terminal } from '../command.ts'
import { accessOf } from '../purge/access.ts'

/** What Consul says of these services now. */
export async function readCatalog(
  sources: readonly SourceKey[],
  consulSecret: string | null,
  terminal: Terminal,
): Promise<ReadonlyMap<SourceKey, ServiceSnapshot>> {
  const access = await accessOf({ consulSecret, datacenter: null }, terminal)
  const client = createConsulClient(async () => access, { connections: 4 })
  try {
    const reads = sources.map(async (source) => {
      const { service = '', datacenter = '' } = parseSourceKey(source) ?? {}
      const path = `/v1/health/service/${encodeURIComponent(service)}`
      const { body } = await client.request({ method: 'GET', path, query: { dc: datacenter } })
      return [source, parseHealth(body ?? [], service, datacenter)] as const
    })
    return new Map(await Promise.all(reads))
  } finally {
    await client.close()
  }
}
