import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilityOf, parseNginxVersion } from '../../../../core/host/nginx-version.ts'
import { chooseMode, tooManyToResolve, type WantedMode } from '../../../../core/host/resolve/choose-mode.ts'
import { testUpstream } from '../../../support/release.ts'

const cases: [WantedMode, string, 'static' | 'resolve', RegExp][] = [
  ['auto', 'nginx/1.30.6', 'resolve', /^$/],
  ['auto', 'nginx/1.27.3', 'resolve', /^$/],
  ['auto', 'nginx/1.27.2', 'static', /^nginx 1\.27\.2 can't resolve upstream servers: 1\.27\.3 or later/],
  ['auto', 'nginx/1.30.6\n--without-http_upstream_zone_module', 'static', /upstream zone modules/],
  ['static', 'nginx/1.30.6', 'static', /^$/],
  ['static', 'nginx/1.22.1', 'static', /^$/],
  ['resolve', 'nginx/1.30.6', 'resolve', /^$/],
  ['resolve', 'nginx/1.22.1', 'static', /^mode is "resolve", but nginx 1\.22\.1 can't/],
]

for (const [wanted, output, mode, why] of cases)
  test(`mode ${wanted} on ${JSON.stringify(output)} is ${mode}`, () => {
    const version = parseNginxVersion(output) ?? assert.fail(output)
    const chosen = chooseMode(wanted, capabilityOf(version, output))
    assert.equal(chosen.mode, mode)
    assert.match(chosen.why, why)
  })

test('a quarter of a worker’s connections may go to resolvers, of which static upstreams need none', () => {
  const upstreams = Array.from({ length: 192 }, (_, at) => testUpstream(`s${at}`))
  const conf = (events: string) => `worker_processes 2;\n# worker_connections 9;\nevents { ${events} }\n`
  assert.equal(tooManyToResolve(upstreams, conf('worker_connections 768;')), null)
  const why = tooManyToResolve(upstreams, conf('worker_connections 767;'))
  assert.match(why ?? '', /^192 upstreams would take more than a quarter of the 767 .* set at least 768$/)
  assert.match(tooManyToResolve(upstreams, conf('')) ?? '', /of the 512 /)
  const some = upstreams.map((upstream) => ({ ...upstream, method: 'ip_hash' as const }))
  assert.equal(tooManyToResolve(some, conf('')), null)
})
