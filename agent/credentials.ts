import { QuaysideError } from '../core/errors.ts'
import { readJson, readObject } from '../core/release/read.ts'
import type { HttpClient } from './http.ts'
import type { Credentials } from './sigv4.ts'

/** Credentials with the time at which they end, in milliseconds; null for those that don't. */
export type ExpiringCredentials = Credentials & { readonly expires: number | null }

/** `refused` says that AWS has called the last ones expired, whatever this host's clock says. */
export type CredentialSource = (refused?: boolean) => Promise<Credentials>

type Env = Readonly<Record<string, string | undefined>>

const refreshBeforeMs = 300_000
const metadata = { timeoutMs: 2_000, maxBytes: 65_536 }

/**
 * The host's AWS credentials, in the order in which AWS's own tools look: the environment, a container's credentials endpoint, the
 * instance's role by IMDSv2. They are kept until five minutes before their end. Throws AWS_DENIED where there are none.
 */
export function createCredentials(env: Env, http: HttpClient, now: () => number): CredentialSource {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (accessKeyId && secretAccessKey) {
    const token = env.AWS_SESSION_TOKEN
    return async () => ({ accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) })
  }
  const container = containerUrl(env)
  return cached(
    () => (container === null ? fromInstance(env, http) : fromContainer(container, env, http)),
    now,
  )
}

/** One fetch at a time; old credentials serve on while they are valid and new ones can't be had. */
function cached(fetch: () => Promise<ExpiringCredentials>, now: () => number): CredentialSource {
  let held: ExpiringCredentials | null = null
  let running: Promise<ExpiringCredentials> | null = null
  const left = () => (held === null ? 0 : (held.expires ?? Number.POSITIVE_INFINITY) - now())
  return async (refused = false) => {
    if (!refused && held !== null && left() > refreshBeforeMs) return held
    running ??= fetch().finally(() => {
      running = null
    })
    try {
      held = await running
    } catch (error) {
      if (held === null || left() <= 0) throw error
    }
    return held
  }
}

async function fromInstance(env: Env, http: HttpClient): Promise<ExpiringCredentials> {
  if (env.AWS_EC2_METADATA_DISABLED === 'true') throw none('the instance metadata service is switched off')
  const base = env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? 'http://169.254.169.254'
  const get = async (path: string, method: string, headers: Record<string, string>) => {
    const reply = await http.send({ method, url: new URL(path, base), headers, ...metadata })
    if (reply.status !== 200) throw none(`${path} at the instance metadata service answered ${reply.status}`)
    return reply.body.toString().trim()
  }
  const token = await get('/latest/api/token', 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })
  const headers = { 'x-aws-ec2-metadata-token': token }
  const roles = '/latest/meta-data/iam/security-credentials/'
  const role = (await get(roles, 'GET', headers)).split('\n')[0] ?? ''
  return parseCredentials(await get(`${roles}${role}`, 'GET', headers))
}

async function fromContainer(url: URL, env: Env, http: HttpClient): Promise<ExpiringCredentials> {
  const token = env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  const reply = await http.send({
    method: 'GET',
    url,
    headers: token ? { authorization: token } : {},
    ...metadata,
  })
  if (reply.status !== 200) throw none(`the container credentials endpoint answered ${reply.status}`)
  return parseCredentials(reply.body.toString())
}

function containerUrl(env: Env): URL | null {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env
  if (path) return new URL(path, 'http://169.254.170.2')
  return full ? new URL(full) : null
}

function parseCredentials(text: string): ExpiringCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = readObject(
    readJson(text, 'credentials'),
    'credentials',
  )
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof Token !== 'string')
    throw none('the answer has no AccessKeyId, SecretAccessKey and Token')
  const expires = Date.parse(String(Expiration))
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expires: Number.isNaN(expires) ? null : expires,
  }
}

function none(why: string): QuaysideError {
  const advice = 'give the instance a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  return new QuaysideError('AWS_DENIED', `no AWS credentials: ${why}; ${advice}`)
}
