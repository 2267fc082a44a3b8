import type { Server } from '../../../core/release/endpoints.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { type TestRelease, testUpstream } from '../../../test/support/release.ts'
import { fleetRelease } from '../release.ts'

const location = `
  location / {
    if ($quayside_empty_web) { return 503; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://quayside_web;
  }
}
`

/** The fleet, and beside it one upstream whose servers are there and take the requests. */
export function loadedRelease(port: number, servers: number, live: readonly Server[]): TestRelease {
  const { files, upstreams = [], sources = {} } = fleetRelease(port, servers, 0)
  const [file] = files
  const content = `keepalive_requests 1000000;\n${file?.content.replace(/}\n$/, location.slice(1)) ?? ''}`
  const own = [...live].sort((a, b) => (a.address < b.address ? -1 : 1))
  return {
    files: [{ path: 'fleet.conf', context: 'http', content }],
    upstreams: [...upstreams, testUpstream('web', { keepalive: 64 })],
    sources: { ...sources, 'web@dc1': own },
  }
}

/** The same as one text, with static servers: what a host without the agent would have. */
export function staticText(release: TestRelease): string {
  const { files, upstreams = [], sources = {} } = release
  const { http } = renderUpstreams(upstreams, { schema: 1, sources }, { mode: 'static' })
  return [http, ...files.map(({ content }) => content)].join('\n')
}
