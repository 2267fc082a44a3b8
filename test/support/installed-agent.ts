import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Agent, createAgent } from '../../agent/agent.ts'
import { readAgentSettings } from '../../agent/settings.ts'
import { openTestChannel, type TestChannel } from './release.ts'
import { startTestS3 } from './s3.ts'
import type { StockHost } from './stock-host.ts'

export type Installed = { readonly agent: Agent; readonly channel: TestChannel }

/** Flags that name a channel in a bucket of its own; the key is in a file of the host. */
export async function channelFor(t: TestContext, host: StockHost) {
  const s3 = await startTestS3(t)
  const channel = openTestChannel(s3)
  await host.write('root/key.pem', channel.publicKey)
  const flags = ['--bucket', s3.bucket, '--region', 'eu-central-1', '--deployment', channel.deployment]
  return { s3, channel, flags: [...flags, '--key', host.path('root/key.pem'), '--hostId', 'AROATEST:i-0001'] }
}

/** An agent that takes its settings from the file that install wrote. */
export function installedAgent(t: TestContext, host: StockHost, s3Url: string): Agent {
  const aws = { AWS_ENDPOINT_URL_S3: s3Url, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }
  const env = { ...aws, QUAYSIDE_AGENT_SETTINGS: join(host.settingsFile) }
  const settings = readAgentSettings({ env, readFile: (path) => readFileSync(path, 'utf8') })
  const log = { info: () => undefined, warn: () => undefined }
  const clocks = { now: () => Date.now(), elapsed: () => performance.now(), random: () => 0.5 }
  const agent = createAgent(settings, { env, log, ...clocks })
  t.after(() => agent.stop())
  return agent
}
