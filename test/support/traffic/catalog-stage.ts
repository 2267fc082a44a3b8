import type { TestContext } from 'node:test'
import { createAgent } from '../../../agent/agent.ts'
import { parseAgentSettings } from '../../../agent/settings.ts'
import { releaseId } from '../../../core/release/channel.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import type { PaceSettings } from '../../../core/settings/settings.ts'
import type { Target } from '../../../local/script/traffic.ts'
import { startTestConsul } from '../consul.ts'
import { eventually } from '../eventually.ts'
import { startTestNginx } from '../nginx.ts'
import { freePorts } from '../ports.ts'
import {
  currentRelease,
  functionSettings,
  publicKey,
  startPublisher,
  type TestPublisher,
  testCatalog,
} from '../publisher.ts'
import { startTestS3 } from '../s3.ts'
import { tempDir } from '../tmp.ts'
import { testTools } from '../tools.ts'

/** As by default, ten times as fast. */
export const quickPace: PaceSettings = {
  ...{ quietMs: 300, debounceMinMs: 100, debounceMaxMs: 1_000, budgetBurst: 2, budgetEveryMs: 300 },
}

export type CatalogStage = {
  readonly catalog: ReturnType<typeof testCatalog>
  readonly publisher: TestPublisher
  readonly target: (hostName: string) => Target
  /** The `host:port` list of a service in the release in force. */
  readonly servers: (service: string) => readonly string[]
  /** Waits until the release is as wanted and this host runs it. */
  readonly live: (what: string, isSo: () => boolean) => Promise<void>
}

/** A catalog in a test's hands, with everything behind it real: Consul, publisher, agent and nginx. */
export async function startCatalogStage(t: TestContext): Promise<CatalogStage> {
  const [consul, s3, nginx, tools, ports] = await Promise.all([
    startTestConsul(t),
    startTestS3(t),
    startTestNginx(t, { workers: 1 }),
    testTools(),
    freePorts(3),
  ])
  const [port = 0, controlPort = 0, streamControlPort = 0] = ports
  const agent = createAgent(
    parseAgentSettings(
      {
        ...{ bucket: s3.bucket, region: 'eu-central-1', deployment: 'test', channel: 'current' },
        ...{ publicKeyFiles: ['key.pem'], hostId: 'host', stateDir: `${tempDir(t)}/state`, pollMs: 50 },
        ...{ httpEntry: nginx.entries.http, nginxBinary: tools.nginx.path, nginxConf: nginx.mainConf },
        ...{ nginxPrefix: nginx.prefix, nginxPid: nginx.pidFile, nginxErrorLog: nginx.errorLog },
        ...{ stream: nginx.entries.stream !== undefined, streamEntry: nginx.entries.stream },
        ...{ controlPort, streamControlPort, listens: { 8080: `127.0.0.1:${port}` } },
      },
      () => publicKey,
    ),
    {
      env: {
        AWS_ENDPOINT_URL_S3: s3.url,
        AWS_ACCESS_KEY_ID: 'AKIDTEST',
        AWS_SECRET_ACCESS_KEY: 'test-secret',
      },
      log: { info: () => {}, warn: () => {} },
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
    },
  )
  t.after(() => agent.stop())
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  agent.start()
  const settings = functionSettings({
    ...defaultPublishSettings,
    listeners: [{ port: 8080, protocol: 'http' }],
    networks: ['127.0.0.0/8'],
    pace: quickPace,
  })
  const publisher = startPublisher(t, consul, s3, { settings })
  const servers = (service: string) => currentRelease(s3)?.servers[service] ?? []
  return {
    ...{ catalog, publisher, servers },
    target: (hostName) => ({ host: 'host', url: `http://127.0.0.1:${port}/`, hostName }),
    async live(what, isSo) {
      await eventually(
        what,
        () => {
          const pointer = currentRelease(s3)?.pointer
          const confirmed = agent.status().state?.confirmed
          return isSo() && pointer !== undefined && confirmed?.releaseId === releaseId(pointer)
        },
        30_000,
      )
    },
  }
}
