import type { Server } from '../../core/release/endpoints.ts'
import { type TestRelease, testUpstream } from '../../test/support/release.ts'

const serversPerUpstream = 10

/** Addresses of machines that don't exist, each different for every `at`. */
export function farServer(at: number): Server {
  return { address: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, port: 8_080, weight: 1 }
}

/**
 * A release with `servers` servers, ten in each upstream, behind one location each. With each `change` one server is another one; so every
 * change is one of addresses only, and an address leaves.
 */
export function fleetRelease(port: number, servers: number, change: number): TestRelease {
  const names = Array.from({ length: Math.ceil(servers / serversPerUpstream) }, (_, at) => `s${at}`)
  const locations = names.map(
    (name) =>
      `  location /${name}/ { if ($quayside_empty_${name}) { return 503; } proxy_pass http://quayside_${name}; }`,
  )
  const content = `server {\n  listen 127.0.0.1:${port};\n${locations.join('\n')}\n}\n`
  const fleet = Array.from({ length: servers }, (_, at) => farServer(at === 0 ? servers + change : at))
  const sources = names.map((name, at) => {
    const own = fleet.slice(at * serversPerUpstream, (at + 1) * serversPerUpstream)
    return [`${name}@dc1`, own.sort((a, b) => (a.address < b.address ? -1 : 1))] as const
  })
  return {
    files: [{ path: 'fleet.conf', context: 'http', content }],
    upstreams: names.map((name) => testUpstream(name, { keepalive: 8 })),
    sources: Object.fromEntries(sources),
  }
}
