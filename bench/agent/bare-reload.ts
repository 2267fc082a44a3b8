import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Endpoints } from '../../core/release/endpoints.ts'
import { renderUpstreams } from '../../core/render/upstreams.ts'
import { startNginx } from '../../local/nginx/start-nginx.ts'
import { freePort } from '../../local/processes/free-ports.ts'
import type { Processes } from '../../local/processes/processes.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { fetchText } from '../../test/support/agent-host.ts'
import { fleetRelease } from './release.ts'

const run = promisify(execFile)
const restMs = 500
/** As long without an old answer means that there is no old worker any more that accepts. */
const quietMs = 250

/**
 * The floor: what consul-template does. Writes the whole file, runs `nginx -s reload`, and is done; returns the milliseconds from the
 * beginning of the write until every answer is new, for each of `changes`.
 */
export async function measureBareReloads(
  tool: NginxTool,
  processes: Processes,
  servers: number,
  changes: number,
): Promise<readonly number[]> {
  const port = await freePort()
  const nginx = await startNginx({ nginx: tool, processes, workers: 2, name: 'the bare nginx' })
  const samples: number[] = []
  for (let change = 0; change <= changes; change += 1) {
    const text = configuration(port, servers, change)
    const began = performance.now()
    await writeFile(nginx.entries.http, text)
    await run(tool.path, ['-p', nginx.prefix, '-c', nginx.mainConf, '-s', 'reload'])
    const lastOld = await whenAllNew(port, String(change))
    // The first one only fills the host.
    if (change > 0) samples.push(lastOld - began)
    await delay(restMs)
  }
  await nginx.stop()
  return samples
}

function configuration(port: number, servers: number, change: number): string {
  const { files, upstreams = [], sources = {} } = fleetRelease(port, servers, change)
  const endpoints: Endpoints = { schema: 1, sources }
  const { http } = renderUpstreams(upstreams, endpoints, { mode: 'static' })
  const [file] = files
  const marker = `  location = /change { return 200 "${change}"; }\n}\n`
  return `${http}\n${file?.content.replace(/}\n$/, marker) ?? ''}`
}

/** When the last answer came that was not the wanted one; every question comes on a new connection. */
async function whenAllNew(port: number, wanted: string): Promise<number> {
  let lastOld = performance.now()
  while (performance.now() - lastOld < quietMs) {
    const answer = await fetchText(`http://127.0.0.1:${port}/change`)
    if (answer !== wanted) lastOld = performance.now()
  }
  return lastOld
}
