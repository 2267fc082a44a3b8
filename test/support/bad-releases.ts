import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { NginxContext } from '../../core/release/layout.ts'
import { webRelease } from './agent-host.ts'
import type { ClockedHost } from './clocked-host.ts'
import type { TestRelease } from './release.ts'

/** A configuration that `nginx -t` accepts and nginx then doesn't take: a good release, and what to add to make it bad. */
export type Fault = {
  readonly name: string
  readonly context: NginxContext
  /** nginx's own words, or what was missing. */
  readonly reason: RegExp
  prepare(t: TestContext, host: ClockedHost): Promise<{ readonly good: string; readonly bad: string }>
}

/** All that are known, but for `init_by_lua`, whose module no distribution of nginx that the tests use has. */
export const faults: readonly Fault[] = [
  ...(['http', 'stream'] as const).map((context) => portTaken(context)),
  zone(
    'limit_req_zone',
    'http',
    /limit_req "same" uses the "\$uri" key while previously it used the "\$request_uri" key/,
    ['limit_req_zone $request_uri zone=same:64k rate=5r/s;', 'limit_req_zone $uri zone=same:64k rate=5r/s;'],
  ),
  zone('limit_conn_zone', 'stream', /limit_conn_zone "same" uses the "\$server_port" key while previously/, [
    'limit_conn_zone $remote_addr zone=same:64k;',
    'limit_conn_zone $server_port zone=same:64k;',
  ]),
  {
    name: 'a cache under the name of another one',
    context: 'http',
    reason: /cache "same" uses the ".*two" cache path while previously it used the ".*one" cache path/,
    prepare: async (_, { nginx: { prefix } }) => {
      const cache = (name: string) => `proxy_cache_path ${join(prefix, 'logs', name)} keys_zone=same:64k;`
      return { good: cache('one'), bad: cache('two') }
    },
  },
  ...(['http', 'stream'] as const).map((context) => deadWorkers(context)),
]

function portTaken(context: NginxContext): Fault {
  return {
    name: 'a port that another program holds',
    context,
    reason: /still could not bind\(\)/,
    async prepare(t) {
      const port = await takenPort(t)
      return { good: '', bad: serverOn(context, `listen 127.0.0.1:${port};`) }
    },
  }
}

/** More sockets than a worker may have files: the master opens them all, and each worker ends as it starts. */
function deadWorkers(context: NginxContext): Fault {
  return {
    name: 'workers that can’t start',
    context,
    reason: /exited with fatal code 2 and cannot be respawned/,
    async prepare(_, host) {
      await limitFiles(host, 200)
      const listens = Array.from({ length: 250 }, (_, i) => `listen 127.0.1.${i + 1}:${host.sparePort};`)
      return { good: '', bad: serverOn(context, listens.join(' ')) }
    },
  }
}

function zone(
  directive: string,
  context: NginxContext,
  reason: RegExp,
  [good, bad]: [string, string],
): Fault {
  return { name: `a ${directive} with another key`, context, reason, prepare: async () => ({ good, bad }) }
}

function serverOn(context: NginxContext, listens: string): string {
  return `server { ${listens} ${context === 'http' ? 'return 204' : 'return no'}; }`
}

/** From its next reload on, a worker of this nginx may have so many files open. */
export async function limitFiles({ nginx }: ClockedHost, files: number): Promise<void> {
  const main = await readFile(nginx.mainConf, 'utf8')
  const line = `worker_rlimit_nofile ${files};\n`
  if (!main.startsWith(line)) await writeFile(nginx.mainConf, `${line}${main}`)
}

/** A port of loopback that a server in this process holds. */
export async function takenPort(t: TestContext): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  return (other.address() as { port: number }).port
}

/** A release that answers `text` over HTTP, with more lines in one of the contexts. */
export function releaseWith(
  port: number,
  text: string,
  context: NginxContext,
  lines: string,
  servers: readonly number[] = [],
): TestRelease {
  const release = webRelease(port, text, { servers })
  return {
    ...release,
    files: [...release.files, { path: `more.${context}.conf`, context, content: `${lines}\n` }],
  }
}
