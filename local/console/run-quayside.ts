import { join } from 'node:path'
import type { Pipeline } from '../pipeline.ts'
import { bucket } from '../settings.ts'
import { runCommand } from '../tools/command.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'quayside.ts')

/** What the command line finds in its environment: the bucket, the key and the Consul of a pipeline on this machine. */
export function quaysideEnvironment({ cloud, consul, access }: Pipeline): Readonly<Record<string, string>> {
  const { addresses, serverName = '' } = access
  return {
    ...cloud.environment,
    QUAYSIDE_BUCKET: bucket,
    QUAYSIDE_SIGNING_KEY: cloud.signing.keyArn,
    CONSUL_HTTP_ADDR: addresses[0] ?? '',
    ...(consul?.ca === undefined
      ? {}
      : { CONSUL_CACERT: consul.ca.path, CONSUL_TLS_SERVER_NAME: serverName }),
  }
}

/** Runs the command line as an operator would, and gives what it printed. It can't ask anything. */
export async function runQuayside(words: readonly string[], pipeline: Pipeline): Promise<string> {
  const options = { env: quaysideEnvironment(pipeline), timeoutMs: 60_000 }
  const { stdout, stderr } = await runCommand(process.execPath, [program, ...words], options)
  return `${stdout}${stderr}`.trimEnd()
}
