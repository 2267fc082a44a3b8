import { readFileSync } from 'node:fs'
import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { QuaysideError } from '../../core/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

// Set, they would mean another connection than the one that is made.
const unsupported: Readonly<Record<string, string>> = {
  CONSUL_HTTP_AUTH: 'unset it: HTTP basic authentication is not supported',
  CONSUL_CAPATH: 'name one file of PEM certificates by CONSUL_CACERT instead',
}

/**
 * How to reach Consul by the variables of the consul command itself; http://127.0.0.1:8500 where they say nothing. Errors name
 * the variable and never show a token or a key.
 */
export function consulFromEnvironment(env: Environment): ConsulAccess {
  for (const [name, remedy] of Object.entries(unsupported)) if (env[name]) throw invalid(name, remedy)
  if (isFalse(env.CONSUL_HTTP_SSL_VERIFY))
    throw invalid('CONSUL_HTTP_SSL_VERIFY', 'give CONSUL_CACERT: certificates are always verified')
  const access: ConsulAccess = {
    addresses: [addressOf(env)],
    ...some('token', tokenOf(env)),
    ...some('namespace', env.CONSUL_NAMESPACE),
    ...some('partition', env.CONSUL_PARTITION),
    ...some('ca', fileOf(env, 'CONSUL_CACERT')),
    ...some('cert', fileOf(env, 'CONSUL_CLIENT_CERT')),
    ...some('key', fileOf(env, 'CONSUL_CLIENT_KEY')),
    ...some('serverName', env.CONSUL_TLS_SERVER_NAME),
  }
  if ((access.cert === undefined) !== (access.key === undefined))
    throw invalid('CONSUL_CLIENT_CERT', 'set it together with CONSUL_CLIENT_KEY')
  return access
}

function addressOf(env: Environment): string {
  const text = env.CONSUL_HTTP_ADDR || '127.0.0.1:8500'
  const scheme = isTrue(env.CONSUL_HTTP_SSL) ? 'https' : 'http'
  const full = text.includes('://') ? text : `${scheme}://${text}`
  const url = URL.canParse(full) ? new URL(full) : null
  const plain = url !== null && url.pathname === '/' && url.username === '' && url.search === ''
  if (url === null || !plain || !/^https?:$/.test(url.protocol))
    throw invalid('CONSUL_HTTP_ADDR', 'expected host:port or http(s)://host:port, without a path')
  return url.origin
}

/** As for the consul command, a file comes before the variable that holds the token itself. */
function tokenOf(env: Environment): string | undefined {
  return fileOf(env, 'CONSUL_HTTP_TOKEN_FILE')?.trim() ?? env.CONSUL_HTTP_TOKEN?.trim()
}

function fileOf(env: Environment, name: string): string | undefined {
  const path = env[name]
  if (!path) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(name, cause instanceof Error ? cause.message : String(cause))
  }
}

function some<Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { [N in Name]?: string })
}

function isTrue(text: string | undefined): boolean {
  return /^(1|t|true)$/i.test(text ?? '')
}

function isFalse(text: string | undefined): boolean {
  return /^(0|f|false)$/i.test(text ?? '')
}

function invalid(name: string, problem: string): QuaysideError {
  return new QuaysideError('SETTINGS_INVALID', `${name}: ${problem}.`)
}
