import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Server } from '../../../core/release/endpoints.ts'
import { type Nginx, startNginx } from '../../../local/nginx/start-nginx.ts'
import { freePort } from '../../../local/processes/free-ports.ts'
import type { Processes } from '../../../local/processes/processes.ts'
import type { NginxTool } from '../../../local/tools/tool.ts'

export type Backends = { readonly nginx: Nginx; server(at: number): Server }

/** An nginx that answers on `count` addresses of this machine, on each with the address. */
export async function startBackends(
  nginx: NginxTool,
  processes: Processes,
  count: number,
): Promise<Backends> {
  const port = await freePort()
  const entryFolder = await processes.temporaryFolder('backends')
  const listens = Array.from({ length: count }, (_, at) => `  listen ${addressOf(at)}:${port};\n`)
  const text = `keepalive_requests 1000000;\nserver {\n${listens.join('')}  location / { return 200 $server_addr; }\n}\n`
  await writeFile(join(entryFolder, 'quayside.http.conf'), text)
  const options = { nginx, processes, entryFolder, workers: 1, connections: 4_096, name: 'the backends' }
  return { nginx: await startNginx(options), server: (at) => ({ address: addressOf(at), port, weight: 1 }) }
}

function addressOf(at: number): string {
  return `127.0.${1 + (at >> 7)}.${1 + (at & 127)}`
}
