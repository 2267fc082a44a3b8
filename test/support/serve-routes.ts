import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type net from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { capabilityOf, parseNginxVersion } from '../../core/host/nginx-version.ts'
import type { UpstreamCapability } from '../../core/render/upstreams.ts'
import type { PublishSettings } from '../../core/settings/settings.ts'
import { startTestNginx } from './nginx.ts'
import { freePorts } from './ports.ts'
import { endpointsOf, publishSettings, renderAll } from './routes.ts'
import { tempDir } from './tmp.ts'
import { testTools } from './tools.ts'

type Answer = { status: number; headers: http.IncomingHttpHeaders; body: string }

/** Renders the services and serves them by a real nginx with one worker; by TLS too where there are certificates. Upstreams are as that nginx can have them. */
export async function serve(
  t: TestContext,
  services: readonly ServiceSnapshot[],
  places: Readonly<Record<string, readonly string[]>>,
  over: Partial<PublishSettings> = {},
  capability?: UpstreamCapability,
) {
  const [port = 0, streamPort = 0, tlsPort = 0] = await freePorts(3)
  const listeners = [
    { port, protocol: 'http' as const },
    { port: streamPort, protocol: 'tcp' as const },
    ...(over.certificates === undefined ? [] : [{ port: tlsPort, protocol: 'https' as const }]),
  ]
  const settings = publishSettings({ listeners, ...over })
  const text = renderAll(services, settings, endpointsOf(places), capability ?? (await ownCapability()))
  const entryFolder = join(tempDir(t), 'entries')
  mkdirSync(entryFolder)
  writeFileSync(join(entryFolder, 'quayside.http.conf'), text.http)
  writeFileSync(join(entryFolder, 'quayside.stream.conf'), text.stream)
  await startTestNginx(t, { entryFolder, workers: 1 })
  const get = (path: string, host: string, headers: http.OutgoingHttpHeaders = {}) =>
    request({ port, host: '127.0.0.1', path, agent: false, headers: { Host: host, ...headers } })
  return { get, port, streamPort, tlsPort }
}

async function ownCapability(): Promise<UpstreamCapability> {
  const { nginx } = await testTools()
  const version = parseNginxVersion(`nginx/${nginx.version}`)
  return { mode: 'static', sticky: version !== null && capabilityOf(version).sticky }
}

async function request(options: http.RequestOptions): Promise<Answer> {
  const [response] = (await once(http.get(options), 'response')) as [http.IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: String(Buffer.concat(chunks)) }
}

/** Answers every request with its address and headers as JSON. */
export function echo(t: TestContext): Promise<string> {
  return listen(
    t,
    http.createServer((got, answer) => answer.end(JSON.stringify({ url: got.url, headers: got.headers }))),
  )
}

/** Starts a server on a free port of loopback, until the test ends; returns `address:port`. */
export async function listen(t: TestContext, server: net.Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    if (server instanceof http.Server) server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`
}
