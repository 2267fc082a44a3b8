import type { ConsulAccess } from '../adapters/consul/access.ts'
import { createConsulClient } from '../adapters/consul/client.ts'
import { entryMeta } from '../core/catalog/entry.ts'
import { parseHealth } from '../core/catalog/parse-health.ts'

export type ConsulView = {
  /** Throws CONSUL_UNREACHABLE where nobody answers. */
  check(): Promise<void>
  /** Task ids of the instances whose checks all pass. */
  passing(service: string): Promise<readonly string[]>
  close(): Promise<void>
}

/** Consul as a person looks at it, beside the pipeline and not through it. */
export function openConsulView(access: ConsulAccess): ConsulView {
  const client = createConsulClient(async () => access, { connections: 2, timeoutMs: 3_000 })
  return {
    async check() {
      await client.request({ method: 'GET', path: '/v1/status/leader' })
    },
    async passing(service) {
      const { body } = await client.request({ method: 'GET', path: `/v1/health/service/${service}` })
      const { instances } = parseHealth(body, service, access.datacenter ?? '')
      const healthy = instances.filter(({ checks }) => checks.every(({ status }) => status === 'passing'))
      return healthy.map(({ meta }) => meta[entryMeta.taskId] ?? '')
    },
    close: client.close,
  }
}
