import type { ConsulAccess } from '../adapters/consul/access.ts'
import { createConsulClient } from '../adapters/consul/client.ts'
import { entryMeta } from '../core/catalog/entry.ts'
import { parseHealth } from '../core/catalog/parse-health.ts'
import { QuaysideError } from '../core/errors.ts'

export type ConsulView = {
  /** Throws CONSUL_UNREACHABLE where nobody answers, or somebody who isn't a Consul with a leader. */
  check(): Promise<void>
  /** Task ids of the instances whose checks all pass. */
  passing(service: string): Promise<readonly string[]>
  close(): Promise<void>
}

const noLeader = 'GET /v1/status/leader named no leader: it is no Consul, or one without a quorum.'

/** Consul as a person looks at it, beside the pipeline and not through it. */
export function openConsulView(access: ConsulAccess): ConsulView {
  const client = createConsulClient(async () => access, { connections: 2, timeoutMs: 3_000 })
  return {
    async check() {
      const { body } = await client.request({ method: 'GET', path: '/v1/status/leader' })
      // Anything but a text comes from another kind of server, and an empty one from a Consul that can't be written to.
      if (typeof body !== 'string' || body === '') throw new QuaysideError('CONSUL_UNREACHABLE', noLeader)
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
