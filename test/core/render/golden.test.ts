import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createCertificates } from '../../../local/consul/certificates.ts'
import { mainConfig } from '../../../local/nginx/main-config.ts'
import { goldenCatalogs } from '../../support/golden-catalogs.ts'
import { endpointsOf, publishSettings, renderAll, routedService } from '../../support/routes.ts'
import { tempDir } from '../../support/tmp.ts'
import { testTools } from '../../support/tools.ts'

type Texts = Readonly<Record<'http' | 'stream', string>>

const goldenFolder = join(import.meta.dirname, '../../golden/nginx')
const contexts = ['http', 'stream'] as const

for (const [name, { services, settings, endpoints }] of Object.entries(goldenCatalogs)) {
  // QUAYSIDE_GOLDEN=write renews the files; the difference is then for people to judge.
  test(`the catalog "${name}" renders as it did`, () => {
    const texts = renderAll(services, settings, endpoints)
    for (const context of contexts) {
      const file = join(goldenFolder, `${name}.${context}.conf`)
      if (process.env.QUAYSIDE_GOLDEN === 'write') writeFileSync(file, texts[context])
      assert.equal(texts[context], readFileSync(file, 'utf8'), file)
    }
  })

  test(`nginx accepts the catalog "${name}" without a warning`, async (t) => {
    assert.deepEqual(await complaints(t, renderAll(services, settings, endpoints)), [])
  })
}

test('nginx accepts a thousand services with long names without a warning', async (t) => {
  const services = Array.from({ length: 1_000 }, (_, at) => {
    const name = `service-${at}-${'x'.repeat(at % 50)}`
    return routedService(name, { 'nginx-host': `${name}.a-rather-long-domain-name.example.com` })
  })
  const settings = publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] })
  assert.deepEqual(await complaints(t, renderAll(services, settings, endpointsOf({}))), [])
})

test('nginx accepts one host name of the greatest length', async (t) => {
  const host = `${Array.from({ length: 4 }, () => 'a'.repeat(61)).join('.')}.test`
  const services = [
    routedService('a', { 'nginx-host': host }),
    routedService('b', { 'nginx-host': 'b.test' }),
  ]
  const settings = publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] })
  assert.deepEqual(await complaints(t, renderAll(services, settings, endpointsOf({}))), [])
})

/** Runs `nginx -t` as a host would; returns what it says besides success. */
async function complaints(t: TestContext, texts: Texts): Promise<readonly string[]> {
  const { nginx, consul } = await testTools()
  const prefix = tempDir(t)
  for (const folder of ['logs', 'temp', 'certs']) mkdirSync(join(prefix, folder))
  const { server } = await createCertificates(consul.path, join(prefix, 'certs'), 'dc1')
  copyFileSync(server.cert, join(prefix, 'certs/site.pem'))
  copyFileSync(server.key, join(prefix, 'certs/site.key'))
  const entries = { http: join(prefix, 'http.conf'), stream: join(prefix, 'stream.conf') }
  for (const context of contexts) writeFileSync(entries[context], texts[context])
  const module = nginx.modules.stream === undefined ? {} : { streamModule: nginx.modules.stream }
  writeFileSync(
    join(prefix, 'nginx.conf'),
    mainConfig({ prefix, entries, workers: 1, connections: 64, ...module }),
  )
  const args = ['-t', '-p', prefix, '-c', join(prefix, 'nginx.conf')]
  const output = await new Promise<string>((resolve) => {
    execFile(nginx.path, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  assert.match(output, /test is successful/, output)
  return output
    .split('\n')
    .filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line) && !isAboutUs(line))
}

/** The log's compiled-in path and the user directive are the affair of this machine, not of the configuration under test. */
function isAboutUs(line: string): boolean {
  return /could not open error log file|"user" directive/.test(line)
}
