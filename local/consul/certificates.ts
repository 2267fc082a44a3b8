import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import { runCommand } from '../tools/command.ts'
import type { ServerCertificate } from './consul-config.ts'

export interface Certificates {
  readonly server: ServerCertificate
  readonly client: { readonly cert: string; readonly key: string }
}

/**
 * A certificate authority with one server and one client certificate, made by `consul tls` in `folder`. The server's is valid for
 * `server.<datacenter>.consul`, `localhost` and 127.0.0.1.
 */
export async function createCertificates(
  consul: string,
  folder: string,
  datacenter: string,
): Promise<Certificates> {
  await consulTls(consul, folder, ['ca', 'create'])
  await consulTls(consul, folder, ['cert', 'create', '-server', '-dc', datacenter])
  await consulTls(consul, folder, ['cert', 'create', '-client', '-dc', datacenter])
  // The names are chosen by Consul: the index counts certificates of one kind in the folder.
  const file = (kind: string, ending: string) => join(folder, `${datacenter}-${kind}-consul-0${ending}.pem`)
  const keys = ['server', 'client'].map((kind) => file(kind, '-key'))
  // Older versions of Consul leave keys readable for everybody.
  for (const key of [...keys, join(folder, 'consul-agent-ca-key.pem')]) await chmod(key, 0o600)
  return {
    server: {
      ca: join(folder, 'consul-agent-ca.pem'),
      cert: file('server', ''),
      key: file('server', '-key'),
    },
    client: { cert: file('client', ''), key: file('client', '-key') },
  }
}

async function consulTls(consul: string, cwd: string, args: string[]): Promise<void> {
  const result = await runCommand(consul, ['tls', ...args], { cwd })
  if (result.ok) return
  const reason = (result.stderr || result.stdout).trim().slice(0, 300)
  throw new QuaysideError('CONSUL_REFUSED', `consul tls ${args.join(' ')} failed: ${reason}`)
}
