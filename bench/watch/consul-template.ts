import { readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describeExit } from '../../local/processes/child.ts'
import type { BenchConsul } from '../consul.ts'
import { withTimeout } from '../timeout.ts'
import type { Expected } from './changes.ts'
import { clockMs, type Subject } from './subject.ts'

const coldLimitMs = 120_000

/** The same upstreams as the publisher's, in consul-template's own language. The weight always stands there. */
const template = `{{range services}}{{if .Tags | contains "nginx"}}upstream quayside_{{.Name}} {
    least_conn;
    zone quayside_{{.Name}} 64k;
{{range service .Name}}    server {{.Address}}:{{.Port}} weight={{.Weights.Passing}} max_fails=1 fail_timeout=10s;
{{end}}    keepalive 32;
    keepalive_timeout 4s;
}
{{end}}{{end}}`

/** Starts the binary on a Consul; resolves when its file first holds `servers` servers. It needs a connection for each service. */
export async function startConsulTemplate(
  binary: string,
  { server, processes }: BenchConsul,
  servers: number,
): Promise<Subject> {
  const folder = await processes.temporaryFolder('consul-template')
  const destination = join(folder, 'upstreams.conf')
  const source = join(folder, 'upstreams.ctmpl')
  const config = join(folder, 'config.json')
  await writeFile(source, template)
  await writeFile(config, JSON.stringify(configOf(server, source, destination)))
  const began = clockMs()
  const child = await processes.start({
    name: 'consul-template',
    command: binary,
    args: [`-config=${config}`],
  })
  const ended = child.exited.then(() => Promise.reject(new Error(describeExit(child))))
  ended.catch(() => {})
  const until = async (met: (text: string) => boolean) => {
    const stopping = new AbortController()
    return Promise.race([whenFile(destination, met, stopping.signal), ended]).finally(() => stopping.abort())
  }
  const complete = await withTimeout(
    until((text) => text.split('server ').length - 1 === servers),
    coldLimitMs,
    `consul-template did not render:\n${child.output().slice(-12).join('\n')}\n`,
  )
  return {
    name: 'consul-template',
    pid: child.pid,
    coldMs: complete - began,
    rendered: (expected) => until((text) => isMet(expected, text)),
    stop: async () => void (await child.stop()),
  }
}

function configOf(
  { httpsUrl, httpUrl, ca, serverName }: BenchConsul['server'],
  source: string,
  destination: string,
) {
  const ssl = { enabled: ca !== undefined, verify: true, ca_cert: ca?.path ?? '', server_name: serverName }
  return {
    consul: { address: (httpsUrl ?? httpUrl ?? '').replace(/^https?:\/\//, ''), ssl },
    log_level: 'err',
    template: [{ source, destination }],
  }
}

function isMet({ address, port, weight, present }: Expected, text: string): boolean {
  return text.includes(`server ${address}:${port} ${present ? `weight=${weight} ` : ''}`) === present
}

/** Looks at the file each millisecond: resolves with the time at which it first was as wanted. */
async function whenFile(path: string, met: (text: string) => boolean, signal: AbortSignal): Promise<number> {
  let seen = ''
  while (!signal.aborted) {
    const at = clockMs()
    const found = statSync(path, { throwIfNoEntry: false })
    const version = found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`
    if (version !== seen && met(readFileSync(path, 'utf8'))) return at
    seen = version
    await delay(1)
  }
  return Promise.reject(signal.reason)
}
