import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../adapters/log.ts'
import { type Agent, createAgent } from '../agent/agent.ts'
import { type AgentSettings, parseAgentSettings } from '../agent/settings.ts'
import { hostCredentials } from './cloud.ts'
import { type Nginx, startNginx } from './nginx/start-nginx.ts'
import { assertPortFree, freePorts } from './processes/free-ports.ts'
import type { Processes } from './processes/processes.ts'
import { bucket, listenerPort, region } from './settings.ts'
import type { NginxTool } from './tools/tool.ts'

export type LocalHost = {
  readonly name: string
  readonly port: number
  readonly url: string
  readonly nginx: Nginx
  readonly nginxVersion: string
  readonly agent: Agent
}

export type FleetOptions = {
  readonly names: readonly string[]
  readonly processes: Processes
  /** The nginx of each host; of fewer than there are hosts, in turn. */
  readonly nginxes: readonly [NginxTool, ...NginxTool[]]
  readonly s3Url: string
  readonly publicKey: string
  readonly pollMs: number
  /** The first host's port, 0 for free ones. */
  readonly port: number
  readonly log: Log
}

/** Starts the nginx hosts, each with an agent of its own, as a fleet that shares nothing but the bucket. */
export async function startFleet(options: FleetOptions): Promise<readonly LocalHost[]> {
  const ports = await choosePorts(options)
  const { names, nginxes } = options
  const toolOf = (index: number) => nginxes[index % nginxes.length] ?? nginxes[0]
  return Promise.all(
    names.map((name, index) => startHost(options, { name, port: ports[index] ?? 0, tool: toolOf(index) })),
  )
}

async function choosePorts({ names, port }: FleetOptions): Promise<readonly number[]> {
  if (port === 0) return freePorts(names.length)
  const ports = names.map((_, index) => port + index)
  for (const [index, each] of ports.entries()) {
    await assertPortFree(
      each,
      `nginx of ${names[index]}`,
      'Stop that process, or choose other ports with --port.',
    )
  }
  return ports
}

type HostPlace = { readonly name: string; readonly port: number; readonly tool: NginxTool }

async function startHost(options: FleetOptions, place: HostPlace): Promise<LocalHost> {
  const { processes, log } = options
  const { name, port, tool } = place
  const nginx = await startNginx({ nginx: tool, processes, name })
  const agent = createAgent(await agentSettings(options, { ...place, nginx }), {
    env: agentEnvironment(options, name),
    log,
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
  })
  agent.start()
  return { name, port, url: `http://127.0.0.1:${port}/`, nginx, nginxVersion: tool.version, agent }
}

/** The agent has a signer of its own rather than the SDK, and takes the same variables. */
function agentEnvironment({ s3Url }: FleetOptions, name: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = hostCredentials(name)
  return {
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }
}

async function agentSettings(
  options: FleetOptions,
  { name, port, tool, nginx }: HostPlace & { readonly nginx: Nginx },
): Promise<AgentSettings> {
  const folder = await options.processes.temporaryFolder(`${name}-state`)
  const keyFile = join(folder, 'release-key.pem')
  await writeFile(keyFile, options.publicKey)
  const [controlPort, streamControlPort, dnsPort] = await freePorts(3)
  return parseAgentSettings(
    {
      ...{ bucket, region, deployment: 'local', channel: 'current', hostId: name, pollMs: options.pollMs },
      ...{ publicKeyFiles: [keyFile], stateDir: join(folder, 'state') },
      ...{ httpEntry: nginx.entries.http, nginxBinary: tool.path, nginxConf: nginx.mainConf },
      ...{ nginxPrefix: nginx.prefix, nginxPid: nginx.pidFile, nginxErrorLog: nginx.errorLog },
      ...{ controlPort, dnsPort },
      ...(nginx.entries.stream === undefined
        ? {}
        : { stream: true, streamEntry: nginx.entries.stream, streamControlPort }),
      statusPort: null,
      // Both hosts get the same release; on one machine each listens on a port of its own.
      listens: { [listenerPort]: `127.0.0.1:${port}` },
    },
    (path) => readFileSync(path, 'utf8'),
  )
}
