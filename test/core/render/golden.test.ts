import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { complaints } from '../../support/complaints.ts'
import { goldenCatalogs } from '../../support/golden-catalogs.ts'
import { endpointsOf, publishSettings, renderAll, routedService } from '../../support/routes.ts'

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
    const host = `${name}.a-rather-long-domain-name.example.com`
    return routedService(name, { 'nginx-host': host, ...(at % 2 === 0 ? {} : { 'nginx-sticky': 'route' }) })
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

test('nginx accepts a route that many services with long names share', async (t) => {
  const services = Array.from({ length: 30 }, (_, at) =>
    routedService(`${String(at).padStart(3, '0')}${'ä'.repeat(250)}`, {
      'nginx-host': 'a.test',
      'nginx-group': 'g',
    }),
  )
  const settings = publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] })
  assert.deepEqual(await complaints(t, renderAll(services, settings, endpointsOf({}))), [])
})
