import type { ConsulAccess } from '../adapters/consul/access.ts'
import { type ConsulClient, createConsulClient } from '../adapters/consul/client.ts'
import { startConsul } from '../local/consul/start-consul.ts'
import { openProcesses } from '../local/processes/processes.ts'
import type { Tool } from '../local/tools/tool.ts'

export type BenchConsul = { readonly access: ConsulAccess; readonly client: ConsulClient }

/**
 * Runs `work` beside a fresh Consul server that keeps its data on disk as every server in production does: its log is synced
 * before a write is answered. Over TLS. Nothing of it is left afterwards.
 */
export async function withConsul<Result>(
  consul: Tool,
  work: (place: BenchConsul) => Promise<Result>,
): Promise<Result> {
  const processes = await openProcesses()
  try {
    const server = await startConsul({ consul, processes, dev: false })
    const access = {
      addresses: [server.httpsUrl ?? ''],
      serverName: server.serverName,
      ...(server.ca === undefined ? {} : { ca: server.ca.pem }),
    }
    const client = createConsulClient(async () => access, { connections: 2 })
    return await work({ access, client }).finally(() => client.close())
  } finally {
    await processes.stopAll()
  }
}
