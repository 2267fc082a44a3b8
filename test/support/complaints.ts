import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createCertificates } from '../../local/consul/certificates.ts'
import { mainConfig } from '../../local/nginx/main-config.ts'
import { tempDir } from './tmp.ts'
import { testTools } from './tools.ts'

type Texts = Readonly<Record<'http' | 'stream', string>>

const contexts = ['http', 'stream'] as const

/** Runs `nginx -t` as a host would; returns what it says besides success, and fails where it is none. */
export async function complaints(t: TestContext, texts: Texts): Promise<readonly string[]> {
  const output = await testOutput(t, texts)
  assert.match(output, /test is successful/, output)
  return output
    .split('\n')
    .filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line) && !isAboutUs(line))
}

/** All that `nginx -t` says about the texts as files of their contexts. */
export async function testOutput(t: TestContext, texts: Texts): Promise<string> {
  const { nginx, consul } = await testTools()
  const prefix = tempDir(t)
  for (const folder of ['logs', 'temp', 'certs']) mkdirSync(join(prefix, folder))
  const { server } = await createCertificates(consul.path, join(prefix, 'certs'), 'dc1')
  copyFileSync(server.cert, join(prefix, 'certs/site.pem'))
  copyFileSync(server.key, join(prefix, 'certs/site.key'))
  const entries = { http: join(prefix, 'http.conf'), stream: join(prefix, 'stream.conf') }
  for (const context of contexts) writeFileSync(entries[context], texts[context])
  const module = nginx.modules.stream === undefined ? {} : { streamModule: nginx.modules.stream }
  writeFileSync(
    join(prefix, 'nginx.conf'),
    mainConfig({ prefix, entries, workers: 1, connections: 64, ...module }),
  )
  const args = ['-t', '-p', prefix, '-c', join(prefix, 'nginx.conf')]
  return new Promise((resolve) => {
    execFile(nginx.path, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

/**
 * The log's compiled-in path and the user directive are the affair of this machine, not of the configuration under test; and what
 * takes the place of `listen … http2` is unknown to nginx before 1.25.1.
 */
function isAboutUs(line: string): boolean {
  return /could not open error log file|"user" directive|"listen ... http2" directive is deprecated/.test(
    line,
  )
}
