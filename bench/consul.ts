import type { ConsulAccess } from '../adapters/consul/access.ts'
import { type ConsulClient, createConsulClient } from '../adapters/consul/client.ts'
import { type Consul, startConsul } from '../local/consul/start-consul.ts'
import { openProcesses, type Processes } from '../local/processes/processes.ts'
import type { Tool } from '../local/tools/tool.ts'

export type BenchConsul = {
  readonly access: ConsulAccess
  readonly client: ConsulClient
  readonly server: Consul
  /** For programs that must end with this Consul. */
  readonly processes: Processes
}

/** Without them: over TLS, and with Consul's own limits. */
export type BenchConsulOptions = { readonly tls?: boolean; readonly connectionsPerClient?: number }

/**
 * Runs `work` beside a fresh Consul server that keeps its data on disk as every server in production does: its log is synced
 * before a write is answered. Nothing of it is left afterwards.
 */
export async function withConsul<Result>(
  consul: Tool,
  work: (place: BenchConsul) => Promise<Result>,
  options: BenchConsulOptions = {},
): Promise<Result> {
  const processes = await openProcesses()
  try {
    const server = await startConsul({ consul, processes, dev: false, ...options })
    const access = {
      addresses: [server.httpsUrl ?? server.httpUrl ?? ''],
      serverName: server.serverName,
      ...(server.ca === undefined ? {} : { ca: server.ca.pem }),
    }
    const client = createConsulClient(async () => access, { connections: 2 })
    return await work({ access, client, server, processes }).finally(() => client.close())
  } finally {
    await processes.stopAll()
  }
}
