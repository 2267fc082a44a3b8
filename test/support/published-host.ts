import http from 'node:http'
import type { TestContext } from 'node:test'
import type { PublishSettings } from '../../core/settings/settings.ts'
import { fetchText, startAgentHost } from './agent-host.ts'
import { startTestConsul } from './consul.ts'
import { eventually } from './eventually.ts'
import { freePorts } from './ports.ts'
import { functionSettings, publicKey, startPublisher, testCatalog } from './publisher.ts'
import { startTestS3 } from './s3.ts'
import { listen } from './serve-routes.ts'

/** Real Consul, a bucket, and a real nginx with its agent; publishers are started by the test. Instances live on loopback. */
export async function startPublishedHost(t: TestContext, over: Partial<PublishSettings> = {}) {
  const [consul, s3, [own = 0, port = 0]] = await Promise.all([
    startTestConsul(t),
    startTestS3(t),
    freePorts(2),
  ])
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  const host = await startAgentHost(t, { source: { s3, publicKey: publicKey } })
  host.agent.start()
  const settings = functionSettings({
    listeners: [{ port: own, protocol: 'http' }],
    networks: ['127.0.0.0/8'],
    ...over,
  })
  const publish = (operatorTemplates: Readonly<Record<string, string>>, code = 'one') =>
    startPublisher(t, consul, s3, { settings, code, operatorTemplates })
  /** Waits until nginx gives exactly these answers on the port, request after request. */
  const answers = (...expected: readonly string[]) =>
    eventually(`the answers ${expected}`, async () => {
      const requests = Array.from({ length: 2 * expected.length }, () =>
        fetchText(`http://127.0.0.1:${port}/`),
      )
      const found = new Set(await Promise.all(requests))
      return found.size === expected.length && expected.every((answer) => found.has(answer))
    })
  return { consul, s3, catalog, host, port, own, publish, answers }
}

/** A task on loopback that says its name; the catalog's options for it, and its port. */
export async function backend(t: TestContext, name: string) {
  const server = http.createServer((_, answer) => answer.setHeader('Connection', 'close').end(name))
  const place = await listen(t, server)
  return { name, port: Number(place.split(':')[1]), options: { address: '127.0.0.1' } }
}
