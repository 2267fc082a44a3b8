import { parseBuild } from '../../core/install/build.ts'
import { type Placed, readConfig } from '../../core/install/config-tree.ts'
import { listensOf } from '../../core/install/listens.ts'
import type { HostFacts, OwnPlaces } from '../../core/install/survey.ts'

/** What "nginx -V" of a package says, with these options. */
export function buildText(options: string, version = '1.26.2'): string {
  return `nginx version: nginx/${version}\nbuilt with OpenSSL\nconfigure arguments: --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf --error-log-path=/var/log/nginx/error.log --pid-path=/run/nginx.pid ${options}\n`
}

export const fullBuild =
  '--with-http_ssl_module --with-http_v2_module --with-http_realip_module --with-stream --with-stream_ssl_module'

/** A configuration of one main file and further ones beside it, as install reads it. */
export function config(main: string, others: Readonly<Record<string, string>> = {}): readonly Placed[] {
  const files = Object.entries({ '/etc/nginx/nginx.conf': main, ...others })
  return readConfig(
    files.map(([path, text]) => ({ path, text })),
    '/etc/nginx/nginx.conf',
  )
}

/** A host on which nothing is in the way; the main configuration and what else differs are given. */
export function hostFacts(
  main: string,
  over: Partial<HostFacts> & { readonly files?: Readonly<Record<string, string>> } = {},
): HostFacts {
  const { files = {}, ...facts } = over
  const placed = config(
    `worker_shutdown_timeout 60s; error_log /var/log/nginx/error.log warn;\n${main}`,
    files,
  )
  return {
    build: parseBuild(buildText(fullBuild))!,
    config: placed,
    listens: listensOf(placed),
    unread: [],
    takenPorts: [],
    masterTitle: null,
    agentUser: { name: 'quayside', exists: true },
    errorLogReadable: true,
    confinement: [],
    ...facts,
  }
}

export const ownPlaces: OwnPlaces = {
  ports: [
    { member: 'controlPort', port: 8099 },
    { member: 'streamControlPort', port: 8098 },
    { member: 'healthPort', port: 8081 },
  ],
  releasePorts: [80, 443],
  mainConf: '/etc/nginx/nginx.conf',
  pidFile: '/run/nginx.pid',
  errorLog: '/var/log/nginx/error.log',
}
