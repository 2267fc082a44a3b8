import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { nodeFlags } from '../../core/install/node-flags.ts'
import { releaseId } from '../../core/release/channel.ts'
import { startS3 } from '../../local/aws/s3/start.ts'
import { type Nginx, startNginx } from '../../local/nginx/start-nginx.ts'
import type { Child } from '../../local/processes/child.ts'
import { freePorts } from '../../local/processes/free-ports.ts'
import type { Processes } from '../../local/processes/processes.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { openTestChannel, type Published, type TestRelease } from '../../test/support/release.ts'
import { withTimeout } from '../timeout.ts'
import { writeBundle } from './bundle.ts'

/** A release that the agent has confirmed. */
export type Live = {
  /** Milliseconds from just before the pointer was put until the agent said that it is live. */
  readonly ms: number
  /** What each step of the agent's cycle took. */
  readonly timings: Readonly<Record<string, number>>
}

export type BenchHost = {
  readonly nginx: Nginx
  readonly agent: Child
  /** Where releases listen. */
  readonly port: number
  /** Publishes a release. */
  put(release: TestRelease): Promise<Published>
  /** Publishes a release and waits until the agent has confirmed it. */
  publish(release: TestRelease): Promise<Live>
  close(): Promise<void>
}

export type BenchHostOptions = {
  readonly processes: Processes
  readonly nginx: NginxTool
  /** What runs the agent. */
  readonly node: string
  readonly pollMs: number
  /** Members of the agent's settings besides those that every host needs. */
  readonly settings?: Readonly<Record<string, unknown>>
}

const liveLimitMs = 60_000
const credentials = { accessKeyId: 'AKIDBENCH', secretAccessKey: 'bench-secret' }

/** An S3 with a signed channel, a real nginx, and the bundled agent in a process of its own. */
export async function startBenchHost(options: BenchHostOptions): Promise<BenchHost> {
  const { processes, nginx: tool } = options
  const folder = await processes.temporaryFolder('agent')
  const bucket = 'releases'
  const [server, nginx, file, ports] = await Promise.all([
    startS3({ buckets: { [bucket]: 'Enabled' } }),
    startNginx({ nginx: tool, processes, workers: 2 }),
    writeBundle(folder),
    freePorts(3),
  ])
  const client = new S3Client({ endpoint: server.url, region: 'eu-central-1', credentials })
  const channel = openTestChannel({ ...server, bucket, client })
  const heard = hear()
  const [port = 0, ...control] = ports
  const settings = settingsOf(options, nginx, { folder, bucket, control })
  await writeFile(join(folder, 'key.pem'), channel.publicKey)
  await writeFile(
    join(folder, 'settings.json'),
    JSON.stringify({ ...settings, deployment: channel.deployment }),
  )
  const agent = await processes.start({
    name: 'the agent',
    command: options.node,
    args: [...nodeFlags, file],
    env: environment(folder, server.url),
    onLine: heard.line,
  })
  return {
    ...{ nginx, agent, port },
    put: (release) => channel.publish(release),
    async publish(release) {
      const { pointer, putAt } = await channel.publish(release)
      const said = heard.live(releaseId(pointer))
      const { at, timings } = await withTimeout(
        said,
        liveLimitMs,
        `${agent.output().at(-1)}: the release was not live`,
      )
      return { ms: at - putAt, timings }
    },
    async close() {
      await agent.stop()
      await nginx.stop()
      client.destroy()
      await server.close()
    },
  }
}

type Place = { readonly folder: string; readonly bucket: string; readonly control: readonly number[] }

function settingsOf(
  { pollMs, nginx: tool, settings }: BenchHostOptions,
  nginx: Nginx,
  { folder, bucket, control }: Place,
) {
  return {
    ...{ bucket, region: 'eu-central-1', channel: 'current', hostId: 'AROABENCH:i-1', pollMs },
    publicKeyFiles: [join(folder, 'key.pem')],
    stateDir: join(folder, 'state'),
    ...{
      httpEntry: nginx.entries.http,
      stream: nginx.entries.stream !== undefined,
      streamEntry: nginx.entries.stream,
    },
    ...{ nginxBinary: tool.path, nginxConf: nginx.mainConf, nginxPrefix: nginx.prefix },
    ...{ nginxPid: nginx.pidFile, nginxErrorLog: nginx.errorLog },
    ...{ controlPort: control[0], streamControlPort: control[1] },
    ...settings,
  }
}

function environment(folder: string, s3: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    QUAYSIDE_AGENT_SETTINGS: join(folder, 'settings.json'),
    AWS_ENDPOINT_URL_S3: s3,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}

type Said = { readonly at: number; readonly timings: Record<string, number> }

/** The agent's log, line by line: who waits for a release is told when its line arrives. */
function hear() {
  const waiting = new Map<string, (said: Said) => void>()
  return {
    line(text: string): void {
      const at = performance.now()
      if (!text.includes('"host-live"')) return
      const { releaseId: id, timings } = JSON.parse(text)
      waiting.get(id)?.({ at, timings })
      waiting.delete(id)
    },
    live: (id: string) => new Promise<Said>((resolve) => void waiting.set(id, resolve)),
  }
}
