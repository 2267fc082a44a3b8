import { readFile } from 'node:fs/promises'
import { explain, QuaysideError } from '../core/errors.ts'
import { readJson, readObject } from '../core/release/read.ts'
import type { HttpClient } from './http.ts'
import { readInstanceMetadata } from './instance-metadata.ts'
import type { Credentials } from './sigv4.ts'

/** Credentials with the time at which they end, in milliseconds; null for those that don't. */
export type ExpiringCredentials = Credentials & { readonly expires: number | null }

/** `refused` says that AWS has called the last ones expired, whatever this host's clock says. */
export type CredentialSource = (refused?: boolean) => Promise<Credentials>

type Env = Readonly<Record<string, string | undefined>>

const refreshBeforeMs = 300_000
const retryMs = 10_000
const limits = { timeoutMs: 2_000, maxBytes: 65_536 }
const roles = '/latest/meta-data/iam/security-credentials/'

/**
 * The host's AWS credentials, in the order in which AWS's own tools look: the environment, a container's credentials endpoint, the
 * instance's role by IMDSv2. They are renewed five minutes before their end. Throws AWS_DENIED where there never were any.
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

/**
 * One fetch at a time. Where no new ones can be had the old ones serve on, also past their end: whether they are over is for AWS to say,
 * whose own service gives such credentials while it can't make new ones. It is asked again every 10 s, not with every poll.
 */
function cached(fetch: () => Promise<ExpiringCredentials>, now: () => number): CredentialSource {
  let held: ExpiringCredentials | null = null
  let running: Promise<ExpiringCredentials> | null = null
  let askedAt = Number.NEGATIVE_INFINITY
  const isFresh = ({ expires }: ExpiringCredentials) => expires === null || expires - now() > refreshBeforeMs
  return async (refused = false) => {
    const justAsked = Math.abs(now() - askedAt) < retryMs
    if (!refused && held !== null && (isFresh(held) || justAsked)) return held
    askedAt = now()
    running ??= fetch().finally(() => {
      running = null
    })
    try {
      held = await running
    } catch (error) {
      if (held === null) throw error
    }
    return held
  }
}

async function fromInstance(env: Env, http: HttpClient): Promise<ExpiringCredentials> {
  const byRole = (list: string) => `${roles}${list.split('\n')[0] ?? ''}`
  try {
    const [, credentials = ''] = await readInstanceMetadata(env, http, [roles, byRole])
    return parseCredentials(credentials)
  } catch (error) {
    throw none(explain(error))
  }
}

async function fromContainer(url: URL, env: Env, http: HttpClient): Promise<ExpiringCredentials> {
  const token = await containerToken(env)
  const headers: Record<string, string> = token ? { authorization: token } : {}
  const reply = await http.send({ method: 'GET', url, headers, ...limits })
  if (reply.status !== 200) throw none(`the container credentials endpoint answered ${reply.status}`)
  return parseCredentials(reply.body.toString())
}

/** The file is read each time, because what it holds is replaced while the container runs. */
async function containerToken(env: Env): Promise<string | undefined> {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  if (!file) return env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw none(`AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE can't be read: ${explain(error)}`)
  })
  return text.trim()
}

/** The hosts to which a token may go in plain text: this machine's own, and those of the ECS and EKS agents. */
const plainHosts = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/

function containerUrl(env: Env): URL | null {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env
  if (path) return new URL(path, 'http://169.254.170.2')
  if (!full) return null
  const url = URL.canParse(full) ? new URL(full) : null
  if (url !== null && (url.protocol === 'https:' || plainHosts.test(url.hostname))) return url
  throw none(
    `AWS_CONTAINER_CREDENTIALS_FULL_URI is ${url?.origin ?? 'no address'}, expected https, loopback, or the address of the ECS or EKS agent`,
  )
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
