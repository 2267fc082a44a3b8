import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { NginxContext } from '../../core/release/layout.ts'
import { createCertificates } from '../../local/consul/certificates.ts'
import { mainConfig } from '../../local/nginx/main-config.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { testNewNginx, testTools } from './tools.ts'

/** What `nginx -t` said: whether it would run, its warnings and errors, and the milliseconds that it took. */
export type NginxVerdict = {
  readonly accepted: boolean
  readonly complaints: readonly string[]
  readonly tookMs: number
  readonly output: string
}

export type NginxCheck = (
  nginx: NginxTool,
  texts: Partial<Record<NginxContext, string>>,
) => Promise<NginxVerdict>

/** The nginx that most hosts have and one that resolves upstream servers itself, by what they are called in test names. */
export const bothNginxes: Readonly<Record<string, () => Promise<NginxTool>>> = {
  nginx: async () => (await testTools()).nginx,
  'the newer nginx': testNewNginx,
}

/**
 * Runs `nginx -t` as a host would, with the certificate that the golden catalogs name. The folder goes with the test file.
 */
export function openNginxCheck(): NginxCheck {
  let folder: Promise<string> | undefined
  after(async () => {
    if (folder !== undefined) rmSync(await folder, { recursive: true, force: true })
  })
  return async (nginx, texts) => {
    folder ??= createFolder()
    const prefix = mkdtempSync(join(await folder, 'run-'))
    mkdirSync(join(prefix, 'logs'))
    mkdirSync(join(prefix, 'temp'))
    const entries = { http: join(prefix, 'http.conf'), stream: join(prefix, 'stream.conf') }
    for (const context of ['http', 'stream'] as const) {
      writeFileSync(entries[context], (texts[context] ?? '').replaceAll('"certs/', `"${await folder}/certs/`))
    }
    const module = nginx.modules.stream === undefined ? {} : { streamModule: nginx.modules.stream }
    const main = mainConfig({ prefix, entries, workers: 1, connections: 64, ...module })
    writeFileSync(join(prefix, 'nginx.conf'), main)
    return run(nginx.path, prefix)
  }
}

async function createFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quayside-nginx-'))
  const { consul } = await testTools()
  mkdirSync(join(folder, 'certs'))
  const { server } = await createCertificates(consul.path, join(folder, 'certs'), 'dc1')
  copyFileSync(server.cert, join(folder, 'certs/site.pem'))
  copyFileSync(server.key, join(folder, 'certs/site.key'))
  return folder
}

async function run(path: string, prefix: string): Promise<NginxVerdict> {
  const start = performance.now()
  const output = await new Promise<string>((resolve) => {
    execFile(path, ['-t', '-p', prefix, '-c', join(prefix, 'nginx.conf')], (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
  const tookMs = performance.now() - start
  const complaints = output.split('\n').filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line))
  return {
    accepted: output.includes('test is successful'),
    complaints: complaints.filter((line) => !isAboutUs(line)),
    tookMs,
    output,
  }
}

/** The log's compiled-in path and the user directive are the affair of this machine, not of the configuration under test. */
function isAboutUs(line: string): boolean {
  return /could not open error log file|"user" directive/.test(line)
}

/** HTTP/2 has a directive of its own since 1.25.1, which older versions don't know; both take the word on `listen`. */
export function isAboutHttp2(complaint: string): boolean {
  return complaint.includes('[warn]') && complaint.includes('the "listen ... http2" directive is deprecated')
}
