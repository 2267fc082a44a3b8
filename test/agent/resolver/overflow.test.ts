import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startDnsServer } from '../../../agent/dns/server.ts'
import { overflowedZones } from '../../../core/host/resolve/overflowed-zones.ts'
import { zoneOf } from '../../../core/host/resolve/zone-of.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { zoneSizes } from '../../../core/render/zone-sizes.ts'
import { eventually } from '../../support/eventually.ts'
import { startTestNginx } from '../../support/nginx.ts'
import { placesOf } from '../../support/places.ts'
import { testUpstream } from '../../support/release.ts'
import { endpointsOf } from '../../support/routes.ts'
import { testNewNginx } from '../../support/tools.ts'

const counts = [38, 89, 192]
const upstreams = ['small', 'fits38', 'fits89', 'fits192'].map((name) => testUpstream(name))

/** As many servers as the zones were sized for, at addresses of this network; and too many for the small zone. */
function endpoints(network: number) {
  const fits = counts.map((count) => [`fits${count}`, [...placesOf(count, network)]] as const)
  return endpointsOf({
    small: [...placesOf(network === 10 ? 20 : 120, network)],
    ...Object.fromEntries(fits),
  })
}

test('zones hold as many servers as they are reckoned for while all are replaced; nginx says which one doesn’t', async (t) => {
  const dns = await startDnsServer({
    port: 0,
    log: { info: () => {}, warn: () => {} },
    elapsed: () => performance.now(),
  })
  t.after(() => dns.close())
  const nginx = await startTestNginx(t, { nginx: await testNewNginx() })
  const seeds = endpoints(10)
  const zones = zoneSizes(upstreams, seeds, { quayside_fits89: 256, quayside_fits192: 512 })
  assert.deepEqual(zones, { quayside_fits89: 256, quayside_fits192: 512 }, 'none has room to spare')
  const resolver = `127.0.0.1:${dns.port}`
  dns.serve(zoneOf(upstreams, seeds))
  await writeFile(
    nginx.entries.http,
    renderUpstreams(upstreams, seeds, { mode: 'resolve', resolver, seeds, zones }).http,
  )
  nginx.hup()
  for (const network of [11, 12]) {
    const zone = zoneOf(upstreams, endpoints(network))
    const ask = () => [...zone.keys()].every((name) => dns.lastFull(name) !== null)
    await eventually('nginx asks for all names', async () => ask())
    dns.serve(zone)
    await eventually('nginx asks for all new names', async () => ask())
  }
  await delay(1_000)
  assert.deepEqual([...overflowedZones(await readFile(nginx.errorLog, 'utf8'))], ['quayside_small'])
})
