import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Agent, createAgent } from '../../agent/agent.ts'
import type { AgentDeps } from '../../agent/host.ts'
import { type AgentSettings, parseAgentSettings } from '../../agent/settings.ts'
import type { Nginx, NginxOptions } from '../../local/nginx/start-nginx.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { startTestNginx } from './nginx.ts'
import { freePorts } from './ports.ts'
import { openTestChannel, type TestChannel, type TestRelease, testUpstream } from './release.ts'
import { startTestS3, type TestS3 } from './s3.ts'
import { tempDir } from './tmp.ts'
import { testTools } from './tools.ts'

export type LogEvent = { readonly event: string; readonly [field: string]: unknown }

export type AgentHost = {
  readonly nginx: Nginx
  readonly s3: TestS3
  readonly channel: TestChannel
  readonly settings: AgentSettings
  readonly agent: Agent
  readonly events: readonly LogEvent[]
  /** Where releases made by `webRelease` listen. */
  readonly port: number
  /** A port for tests that need one more. */
  readonly sparePort: number
  /** What nginx answers there: the body, or the error's code. */
  get(path?: string): Promise<string>
  /** Another agent of the same host, as after a restart; the clock and settings may differ. */
  restartAgent(deps?: Partial<AgentDeps>, settings?: Partial<AgentSettings>): Agent
}

type Options = Omit<NginxOptions, 'nginx' | 'processes'> & {
  /** The usual one by default. */
  readonly nginx?: NginxTool
  readonly settings?: Readonly<Record<string, unknown>>
  readonly deps?: Partial<AgentDeps>
  /** A bucket that is there already, and the key of whoever publishes in it. */
  readonly source?: { readonly s3: TestS3; readonly publicKey: string }
}

/** A real nginx, a bucket with a channel, and an agent between them that runs a cycle when it is told to. */
export async function startAgentHost(t: TestContext, options: Options = {}): Promise<AgentHost> {
  const { settings: over = {}, deps = {}, source, ...nginxOptions } = options
  const program = options.nginx ?? (await testTools()).nginx
  const [nginx, s3, ports] = await Promise.all([
    startTestNginx(t, { workers: 2, ...nginxOptions, nginx: program }),
    source?.s3 ?? startTestS3(t),
    freePorts(5),
  ])
  const [control = 0, streamControl = 0, port = 0, sparePort = 0, dnsPort = 0] = ports
  const channel = openTestChannel(s3)
  const stateDir = tempDir(t)
  const settings = parseAgentSettings(
    {
      ...{
        bucket: s3.bucket,
        region: 'eu-central-1',
        deployment: channel.deployment,
        channel: channel.channel,
      },
      publicKeyFiles: ['key.pem'],
      hostId: 'AROATEST:i-0001',
      stateDir: join(stateDir, 'state'),
      stream: nginx.entries.stream !== undefined,
      ...{ httpEntry: nginx.entries.http, streamEntry: nginx.entries.stream },
      ...{ nginxBinary: program.path, nginxConf: nginx.mainConf, nginxPrefix: nginx.prefix },
      ...{ nginxPid: nginx.pidFile, nginxErrorLog: nginx.errorLog },
      ...{ controlPort: control, streamControlPort: streamControl, dnsPort, statusPort: null, pollMs: 100 },
      // A change of addresses is then one cycle on every version.
      mode: 'static',
      ...over,
    },
    (path) => (path === 'key.pem' ? (source?.publicKey ?? channel.publicKey) : readFileSync(path, 'utf8')),
  )
  const events: LogEvent[] = []
  const log = (event: string, fields: Readonly<Record<string, unknown>>) =>
    void events.push({ event, ...fields })
  const create = (more: Partial<AgentDeps> = {}, other: Partial<AgentSettings> = {}) => {
    const agent = createAgent(
      { ...settings, ...other },
      {
        env: {
          AWS_ENDPOINT_URL_S3: s3.url,
          AWS_ACCESS_KEY_ID: 'AKIDTEST',
          AWS_SECRET_ACCESS_KEY: 'test-secret',
        },
        log: { info: log, warn: log },
        now: () => Date.now(),
        elapsed: () => performance.now(),
        random: () => 0.5,
        ...deps,
        ...more,
      },
    )
    t.after(() => agent.stop())
    return agent
  }
  const get = (path = '/') => fetchText(`http://127.0.0.1:${port}${path}`)
  return { nginx, s3, channel, settings, events, port, sparePort, get, agent: create(), restartAgent: create }
}

/** A release with one server that answers `text`, proxies /app to the service `web`, and holds `extra` lines in its http context. */
export function webRelease(
  port: number,
  text: string,
  {
    servers = [],
    extra = '',
    inServer = '',
  }: { servers?: readonly number[]; extra?: string; inServer?: string } = {},
): TestRelease {
  const content = `${extra}
server {
  listen 127.0.0.1:${port};
  ${inServer}
  location / { return 200 "${text}"; }
  location /app {
    if ($quayside_empty_web) { return 503; }
    proxy_pass http://quayside_web;
  }
}
`
  const instances = servers.map((one) => ({ address: '127.0.0.1', port: one, weight: 1 }))
  return {
    files: [{ path: 'web/routes.conf', context: 'http', content }],
    upstreams: [testUpstream('web')],
    sources: { 'web@dc1': instances },
  }
}

export async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } })
    return response.ok ? await response.text() : String(response.status)
  } catch (error) {
    return String((error as { cause?: { code?: string } }).cause?.code ?? error)
  }
}
