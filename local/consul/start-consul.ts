import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import type { Child } from '../processes/child.ts'
import { assertPortFree, freePorts } from '../processes/free-ports.ts'
import type { Processes } from '../processes/processes.ts'
import { waitUntilReady } from '../processes/wait-until.ts'
import type { Tool } from '../tools/tool.ts'
import { createCertificates } from './certificates.ts'
import { type ConsulConfigInput, type ConsulPorts, consulConfig } from './consul-config.ts'
import { type ConsulAddress, isSettled } from './leader.ts'

export interface ConsulOptions {
  readonly consul: Tool
  readonly processes: Pick<Processes, 'start' | 'temporaryFolder'>
  /** HTTPS, which brings HTTP/2; true by default. */
  readonly tls?: boolean
  /** A plain HTTP port too; without `tls` there always is one. */
  readonly http?: boolean
  /** DNS over UDP and TCP on a free port; off by default. */
  readonly dns?: boolean
  /** Whether HTTPS clients must show a certificate of this CA; false by default, so that a browser can open the UI. */
  readonly verifyClients?: boolean
  /** ACLs that deny by default, with a management token. */
  readonly acl?: boolean
  /** The port of the first address (HTTPS, or HTTP without `tls`); a free one by default. */
  readonly port?: number
  /** In memory (the default, a leader in a moment, `restart` wipes it), or false: on disk, where `restart` keeps everything. */
  readonly dev?: boolean
  /** Where data is kept; given, it means `dev: false`. */
  readonly dataDir?: string
  readonly datacenter?: string
  /** Raises Consul's limit of connections per client, for programs that need one for each service. */
  readonly connectionsPerClient?: number
  /** Whether other datacenters can be joined; off by default. */
  readonly wan?: boolean
  readonly onLine?: (line: string) => void
}

/** A running Consul server of one node. Paths are of PEM files. */
export interface Consul {
  readonly httpsUrl: string | undefined
  readonly httpUrl: string | undefined
  readonly dnsPort: number | undefined
  /** Where servers of other datacenters join, if it has a WAN. */
  readonly wanPort: number | undefined
  readonly ca: { readonly path: string; readonly pem: string } | undefined
  readonly client: { readonly cert: string; readonly key: string } | undefined
  /** The management token, if ACLs are on. */
  readonly token: string | undefined
  readonly datacenter: string
  /** The name in the server's certificate, which clients must expect. */
  readonly serverName: string
  readonly pid: number
  /** The last lines that it printed. */
  output(): string[]
  stop(): Promise<void>
  /** Stops it if it runs, and starts it again on the same ports; fulfilled when it has a leader. In memory it comes back empty. */
  restart(): Promise<void>
  /** Ends it without warning. */
  kill(): Promise<void>
}

interface Prepared {
  readonly folder: string
  readonly config: Omit<ConsulConfigInput, 'ports'>
  readonly address: Omit<ConsulAddress, 'url'>
}

/**
 * Starts a real Consul server on 127.0.0.1 and waits until the catalog can be written. Everything else that Consul can listen on is off or on a free
 * port. Throws PORT_TAKEN for a chosen port that is in use; a free port that another process snatched is replaced.
 */
export async function startConsul(options: ConsulOptions): Promise<Consul> {
  if (options.port !== undefined) await assertPortFree(options.port, 'Consul', remedy)
  const prepared = await prepare(options)
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(options)
    try {
      return await present(options, prepared, ports, await launch(options, prepared, ports))
    } catch (error) {
      const snatched = error instanceof QuaysideError && error.code === 'PORT_TAKEN'
      if (!snatched || attempt === 5) throw error
    }
  }
}

const remedy = 'Stop that process, or choose another port for Consul.'

async function prepare(options: ConsulOptions): Promise<Prepared> {
  const { consul, processes, tls = true, datacenter = 'dc1', verifyClients = false } = options
  const { connectionsPerClient } = options
  const folder = await processes.temporaryFolder('consul')
  const files = tls ? await createCertificates(consul.path, folder, datacenter) : undefined
  const token = options.acl === true ? randomUUID() : undefined
  return {
    folder,
    config: {
      version: consul.version,
      datacenter,
      nodeName: 'consul',
      dataDir: options.dataDir ?? join(folder, 'data'),
      dev: options.dataDir === undefined && options.dev !== false,
      verifyClients,
      ...(files === undefined ? {} : { certificate: files.server }),
      ...(token === undefined ? {} : { managementToken: token }),
      ...(connectionsPerClient === undefined ? {} : { connectionsPerClient }),
    },
    address: {
      serverName: `server.${datacenter}.consul`,
      ...(files === undefined ? {} : { ca: files.server.ca, client: files.client }),
      ...(token === undefined ? {} : { token }),
    },
  }
}

async function choosePorts(options: ConsulOptions): Promise<ConsulPorts> {
  const { tls = true, http = false, dns = false, wan = false, port } = options
  const [first = 0, second = 0, third = 0, server = 0, serf = 0, serfWan = 0] = await freePorts(6)
  const base = { server, serf, ...(dns ? { dns: third } : {}), ...(wan ? { serfWan } : {}) }
  if (!tls) return { http: port ?? first, ...base }
  return { https: port ?? first, ...base, ...(http ? { http: second } : {}) }
}

/** Starts the agent; when it ends at once because of a port, the error says so. */
async function launch(options: ConsulOptions, prepared: Prepared, ports: ConsulPorts): Promise<Child> {
  const file = join(prepared.folder, 'consul.json')
  // The file may hold the management token.
  await writeFile(file, JSON.stringify(consulConfig({ ...prepared.config, ports }), null, 2), { mode: 0o600 })
  const address = { ...prepared.address, url: urlsOf(ports).first }
  return options.processes.start({
    name: 'consul',
    command: options.consul.path,
    args: ['agent', ...(prepared.config.dev ? ['-dev'] : []), `-config-file=${file}`],
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    ready: (child) =>
      waitUntilReady(child, () => isSettled(address), { what: "Consul's leader", timeoutMs: 30_000 }).catch(
        (error) => Promise.reject(portTaken(child.output(), error)),
      ),
  })
}

function portTaken(output: readonly string[], error: unknown): unknown {
  const line = output.find((text) => text.includes('address already in use'))
  const port = /:(\d+): bind/.exec(line ?? '')?.[1]
  if (port === undefined) return error
  return new QuaysideError('PORT_TAKEN', `Port ${port} (Consul) is taken by another process. ${remedy}`)
}

function urlsOf({ https, http }: ConsulPorts) {
  const httpsUrl = https === undefined ? undefined : `https://127.0.0.1:${https}`
  const httpUrl = http === undefined ? undefined : `http://127.0.0.1:${http}`
  return { httpsUrl, httpUrl, first: httpsUrl ?? httpUrl ?? '' }
}

async function present(
  options: ConsulOptions,
  prepared: Prepared,
  ports: ConsulPorts,
  first: Child,
): Promise<Consul> {
  let child = first
  const { address, config } = prepared
  const { httpsUrl, httpUrl } = urlsOf(ports)
  const ca =
    address.ca === undefined ? undefined : { path: address.ca, pem: await readFile(address.ca, 'utf8') }
  return {
    ...{ httpsUrl, httpUrl, ca, client: address.client, token: address.token },
    dnsPort: ports.dns,
    wanPort: ports.serfWan,
    datacenter: config.datacenter,
    serverName: address.serverName ?? '',
    get pid() {
      return child.pid
    },
    output: () => child.output(),
    stop: async () => void (await child.stop()),
    kill: async () => {
      child.kill()
      await child.exited
    },
    restart: async () => {
      await child.stop()
      child = await launch(options, prepared, ports)
    },
  }
}
