import { QuaysideError } from '../core/errors.ts'
import type { HttpClient } from './http.ts'

type Env = Readonly<Record<string, string | undefined>>

const limits = { timeoutMs: 2_000, maxBytes: 65_536 }

/**
 * Asks the instance metadata service, version 2 (with a session token; version 1 is never asked). A path may be made from the answers
 * before it. Throws AWS_DENIED where the service is switched off or refuses, AWS_UNREACHABLE where nobody answers.
 */
export async function readInstanceMetadata(
  env: Env,
  http: HttpClient,
  paths: readonly (string | ((before: string) => string))[],
): Promise<readonly string[]> {
  if (env.AWS_EC2_METADATA_DISABLED === 'true')
    throw refused('it is switched off by AWS_EC2_METADATA_DISABLED')
  const base = serviceUrl(env)
  const ask = async (path: string, method: string, headers: Record<string, string>) => {
    const reply = await http.send({ method, url: new URL(path, base), headers, ...limits })
    if (reply.status !== 200) throw refused(`${path} answered ${reply.status}`)
    return reply.body.toString().trim()
  }
  const token = await ask('/latest/api/token', 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })
  const answers: string[] = []
  for (const path of paths) {
    const wanted = typeof path === 'string' ? path : path(answers.at(-1) ?? '')
    answers.push(await ask(wanted, 'GET', { 'x-aws-ec2-metadata-token': token }))
  }
  return answers
}

function serviceUrl(env: Env): string {
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: mode } = env
  if (endpoint) return endpoint
  return mode?.toLowerCase() === 'ipv6' ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
}

function refused(why: string): QuaysideError {
  return new QuaysideError('AWS_DENIED', `the instance metadata service can't be used: ${why}`)
}
