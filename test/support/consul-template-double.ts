import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { watchCatalog } from '../../adapters/consul/watch-catalog.ts'

/**
 * A program that is started, follows Consul and writes its file as consul-template does, for tests of what measures that one. It
 * reads `-config`, but doesn't know the language of templates: it writes the servers of all services, one per line.
 */
const file = process.argv.find((arg) => arg.startsWith('-config='))?.slice('-config='.length) ?? ''
const { consul, template } = JSON.parse(readFileSync(file, 'utf8'))
const { source, destination } = template[0]
if (!readFileSync(source, 'utf8').includes('{{range service .Name}}'))
  throw new Error(`${source} is no template`)

const access = {
  addresses: [`${consul.ssl.enabled ? 'https' : 'http'}://${consul.address}`],
  ...(consul.ssl.enabled
    ? { ca: readFileSync(consul.ssl.ca_cert, 'utf8'), serverName: consul.ssl.server_name }
    : {}),
}
const watch = watchCatalog({
  client: createConsulClient(async () => access),
  datacenter: 'dc1',
  multiplexed: true,
  remainingMs: () => 600_000,
  onChange: write,
  onFailure: (dependency, error) => console.error(dependency, error),
  onRecovery: () => {},
  now: Date.now,
  random: Math.random,
})

function write(): void {
  watch.follow(new Set([...(watch.index()?.keys() ?? [])].filter((name) => name !== 'consul')))
  const lines = [...watch.services.values()].flatMap(({ instances }) =>
    instances
      .filter(({ checks }) => checks.every(({ status }) => status === 'passing'))
      .map(({ address, port, weight }) => `server ${address}:${port} weight=${weight} max_fails=1;\n`),
  )
  writeFileSync(`${destination}.new`, lines.join(''))
  renameSync(`${destination}.new`, destination)
}
