import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { parseHealth } from '../../core/catalog/parse-health.ts'

/**
 * A program that is started, follows Consul and writes its file as consul-template does, for tests of what measures that one. It
 * reads `-config`, but doesn't know the language of templates: it writes the servers of all services, one per line.
 */
const file = process.argv.find((arg) => arg.startsWith('-config='))?.slice('-config='.length) ?? ''
const { consul, template } = JSON.parse(readFileSync(file, 'utf8'))
const { source, destination } = template[0]
if (!readFileSync(source, 'utf8').includes('{{range service .Name}}'))
  throw new Error(`${source} is no template`)

const { enabled, ca_cert, server_name } = consul.ssl
const access = {
  addresses: [`${enabled ? 'https' : 'http'}://${consul.address}`],
  ...(enabled ? { ca: readFileSync(ca_cert, 'utf8'), serverName: server_name } : {}),
}
const client = createConsulClient(async () => access)
const lines = new Map<string, string>()

await follow('/v1/catalog/services', (body) => {
  for (const name of Object.keys(body as object)) {
    if (name === 'consul' || lines.has(name)) continue
    lines.set(name, '')
    void follow(`/v1/health/service/${name}`, (health) => write(name, health))
  }
})

async function follow(path: string, onBody: (body: unknown) => void): Promise<never> {
  for (let index = '0'; ; ) {
    const query = { index, wait: '50s', passing: true as const }
    const answer = await client.request({ method: 'GET', path, query, timeoutMs: 60_000 })
    index = String(answer.index)
    onBody(answer.body)
  }
}

function write(name: string, body: unknown): void {
  const servers = parseHealth(body, name, 'dc1').instances.map(
    ({ address, port, weight }) => `server ${address}:${port} weight=${weight} max_fails=1;\n`,
  )
  lines.set(name, servers.join(''))
  writeFileSync(`${destination}.new`, [...lines.values()].join(''))
  renameSync(`${destination}.new`, destination)
}
