import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { type ConsulClient, createConsulClient } from '../../adapters/consul/client.ts'
import { parseHealth } from '../../core/catalog/parse-health.ts'
import { type Nginx, startNginx } from '../../local/nginx/start-nginx.ts'
import { freePort } from '../../local/processes/free-ports.ts'
import type { Processes } from '../../local/processes/processes.ts'
import { get } from '../../local/script/get.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { type Summary, summarise } from '../stats.ts'

const service = 'bare'
const run = promisify(execFile)

type Place = { readonly access: ConsulAccess; readonly nginx: NginxTool; readonly processes: Processes }

/**
 * The floor: the chain without us. A write to Consul wakes a watcher, which writes nginx's file and calls `nginx -s reload`, with no
 * check, signature, store or second host. Returns the milliseconds from the write to the first answer of the new instance.
 */
export async function measureBareChain(
  { access, nginx: tool, processes }: Place,
  changes: number,
): Promise<Summary | null> {
  const consul = createConsulClient(async () => access)
  const port = await freePort()
  const nginx = await startNginx({ nginx: tool, processes, name: 'nginx of the bare chain' })
  const servers = await Promise.all(['a', 'b'].map(startNamed))
  const stopping = new AbortController()
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await register(consul, 'a', ports[0] ?? 0)
  const watching = watch(consul, stopping.signal, (body) => apply(tool, nginx, port, body))
  try {
    await seen(port, 'a')
    const samples: number[] = []
    for (let change = 0; change < changes; change += 1) {
      await delay(300)
      const next = change % 2 === 0 ? 'b' : 'a'
      const began = Date.now()
      await register(consul, next, ports[next === 'a' ? 0 : 1] ?? 0)
      await seen(port, next)
      samples.push(Date.now() - began)
    }
    return summarise(samples)
  } finally {
    stopping.abort()
    await watching
    await nginx.stop()
    for (const server of servers) server.close()
    await consul.close()
  }
}

async function startNamed(name: string): Promise<Server> {
  const server = createServer((_request, response) => response.setHeader('x-task-id', name).end(name))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** One instance under a fixed id: registering the other one replaces it. */
async function register(consul: ConsulClient, name: string, port: number): Promise<void> {
  const Service = { ID: service, Service: service, Address: '127.0.0.1', Port: port, Tags: [name] }
  const body = { Node: 'bare', Address: '127.0.0.1', SkipNodeUpdate: true, Service }
  await consul.request({ method: 'PUT', path: '/v1/catalog/register', body })
}

async function watch(
  consul: ConsulClient,
  signal: AbortSignal,
  onBody: (body: unknown) => Promise<void>,
): Promise<void> {
  let index: number | null = null
  while (!signal.aborted) {
    const query: Record<string, string> = index === null ? {} : { index: String(index), wait: '50s' }
    const answer = await consul
      .request({ method: 'GET', path: `/v1/health/service/${service}`, query, timeoutMs: 60_000, signal })
      .catch(() => null)
    if (answer === null || signal.aborted) continue
    if (answer.index !== index) await onBody(answer.body)
    index = answer.index
  }
}

async function apply(tool: NginxTool, nginx: Nginx, port: number, body: unknown): Promise<void> {
  const { instances } = parseHealth(body, service, '')
  const servers = instances.map((instance) => `server ${instance.address}:${instance.port};`).join(' ')
  const text = `upstream bare { ${servers} }\nserver { listen 127.0.0.1:${port}; location / { proxy_pass http://bare; } }\n`
  await writeFile(nginx.entries.http, text)
  await run(tool.path, ['-p', nginx.prefix, '-c', nginx.mainConf, '-s', 'reload'])
}

async function seen(port: number, name: string): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const answer = await get(`http://127.0.0.1:${port}/`, 'bare', false).catch(() => null)
    if (answer?.taskId === name) return
    if (Date.now() > deadline) throw new Error(`the bare chain did not serve ${name} within 20 s`)
    await delay(1)
  }
}
