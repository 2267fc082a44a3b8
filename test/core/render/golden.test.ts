import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { NginxTool } from '../../../local/tools/tool.ts'
import { bothNginxes, isAboutHttp2, openNginxCheck } from '../../support/check-nginx.ts'
import { goldenCatalogs } from '../../support/golden-catalogs.ts'
import { endpointsOf, publishSettings, renderAll, routedService } from '../../support/routes.ts'

type Texts = Readonly<Record<'http' | 'stream', string>>

const goldenFolder = join(import.meta.dirname, '../../golden/nginx')
const contexts = ['http', 'stream'] as const
const check = openNginxCheck()
const onePort = publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] })

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

  for (const [nginx, tool] of Object.entries(bothNginxes)) {
    test(`${nginx} accepts the catalog "${name}" without a warning`, async () => {
      await assertAccepted(await tool(), renderAll(services, settings, endpoints))
    })
  }
}

for (const [nginx, tool] of Object.entries(bothNginxes)) {
  test(`${nginx} accepts a thousand services with long names without a warning`, async () => {
    const services = Array.from({ length: 1_000 }, (_, at) => {
      const name = `service-${at}-${'x'.repeat(at % 50)}`
      const host = `${name}.a-rather-long-domain-name.example.com`
      return routedService(name, { 'nginx-host': host, ...(at % 2 === 0 ? {} : { 'nginx-sticky': 'route' }) })
    })
    await assertAccepted(await tool(), renderAll(services, onePort, endpointsOf({})))
  })

  test(`${nginx} accepts one host name of the greatest length`, async () => {
    const host = `${Array.from({ length: 4 }, () => 'a'.repeat(61)).join('.')}.test`
    const services = [
      routedService('a', { 'nginx-host': host }),
      routedService('b', { 'nginx-host': 'b.test' }),
    ]
    await assertAccepted(await tool(), renderAll(services, onePort, endpointsOf({})))
  })

  test(`${nginx} accepts a route that many services with long names share`, async () => {
    const services = Array.from({ length: 30 }, (_, at) =>
      routedService(`${String(at).padStart(3, '0')}${'ä'.repeat(250)}`, {
        'nginx-host': 'a.test',
        'nginx-group': 'g',
      }),
    )
    await assertAccepted(await tool(), renderAll(services, onePort, endpointsOf({})))
  })
}

async function assertAccepted(nginx: NginxTool, texts: Texts): Promise<void> {
  const { accepted, complaints } = await check(nginx, texts)
  assert.deepEqual(
    complaints.filter((line) => !isAboutHttp2(line)),
    [],
  )
  assert.ok(accepted)
}
