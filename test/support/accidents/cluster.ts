import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { consulConfig } from '../../../local/consul/consul-config.ts'
import { isSettled } from '../../../local/consul/leader.ts'
import type { Consul } from '../../../local/consul/start-consul.ts'
import type { Child } from '../../../local/processes/child.ts'
import { freePorts } from '../../../local/processes/free-ports.ts'
import { eventually } from '../eventually.ts'
import { testProcesses, testTools } from '../tools.ts'

/** Three real servers on loopback, of which any two can be lost; they end with the test. */
export type Cluster = {
  /** The first server, as if it were the only one. */
  readonly consul: Consul
  readonly killOthers: () => Promise<void>
  readonly startOthers: () => Promise<void>
}

type Ports = { readonly http: number; readonly server: number; readonly serf: number }

export async function startCluster(t: TestContext): Promise<Cluster> {
  const { consul } = await testTools()
  const processes = await testProcesses(t)
  const free = await freePorts(9)
  const all = [0, 3, 6].map((at) => {
    const [http = 0, server = 0, serf = 0] = free.slice(at, at + 3)
    return { http, server, serf }
  })
  const folders = await Promise.all(all.map((_, at) => processes.temporaryFolder(`server${at}`)))

  async function start(ports: Ports, at: number): Promise<Child> {
    const folder = folders[at] ?? ''
    const { bootstrap: _alone, ...config } = consulConfig({
      ...{ version: consul.version, datacenter: 'dc1', nodeName: `server${at}`, ports },
      ...{ dataDir: join(folder, 'data'), dev: false, verifyClients: false },
    })
    const together = { bootstrap_expect: 3, retry_join: all.map(({ serf }) => `127.0.0.1:${serf}`) }
    const file = join(folder, 'consul.json')
    await writeFile(file, JSON.stringify({ ...config, ...together, retry_interval: '1s' }))
    return processes.start({
      name: `consul-${at}`,
      command: consul.path,
      args: ['agent', `-config-file=${file}`],
    })
  }

  const children = await Promise.all(all.map(start))
  const httpUrl = `http://127.0.0.1:${all[0]?.http}`
  const settled = () => isSettled({ url: httpUrl }).catch(() => undefined)
  await eventually('a leader', settled, 30_000)
  return {
    consul: { httpUrl, datacenter: 'dc1', serverName: 'server.dc1.consul' } as Consul,
    killOthers: async () => {
      for (const child of children.slice(1)) {
        child.kill()
        await child.exited
      }
    },
    startOthers: async () => {
      for (const at of [1, 2]) children[at] = await start(all[at] ?? { http: 0, server: 0, serf: 0 }, at)
      await eventually('a leader', settled, 30_000)
    },
  }
}
