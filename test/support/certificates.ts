import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { connect } from 'node:tls'
import { createCertificates } from '../../local/consul/certificates.ts'
import { tempDir } from './tmp.ts'
import { testTools } from './tools.ts'

export type Pair = { readonly cert: string; readonly key: string }

/** A site's certificate and key at fixed paths, and two pairs to put there, whole or in part. */
export async function startSite(t: TestContext) {
  const { consul } = await testTools()
  const folder = tempDir(t)
  const { server, client } = await createCertificates(consul.path, folder, 'dc1')
  const site: Pair = { cert: join(folder, 'site.pem'), key: join(folder, 'site.key') }
  const put = async (pair: Pair, parts: readonly (keyof Pair)[] = ['cert', 'key']) => {
    for (const part of parts) await copyFile(pair[part], site[part])
  }
  const first: Pair = server
  await put(first)
  return { site, first, second: client as Pair, put }
}

/** The fingerprint of the certificate that is served on a loopback port. */
export function servedCertificate(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
