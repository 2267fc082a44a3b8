import { QuaysideError } from '../errors.ts'
import type { UpstreamSettings } from '../release/layout.ts'
import { stickyVariables } from './names.ts'

/**
 * The balancing of an upstream whose clients return to the same server by a cookie, or `method` where it isn't one. nginx ≥ 1.29.6 does
 * that by itself, on top of the method. Older ones hash a random value that the cookie carries: clients then spread evenly even behind
 * one address, as after another load balancer, where `ip_hash` would send all of them to one server. There some clients change servers
 * when the servers change.
 */
export function stickyLines(
  upstream: UpstreamSettings,
  canStick: boolean,
  method: readonly string[],
): readonly string[] {
  const cookie = cookieOf(upstream)
  if (cookie === null) return method
  if (canStick) return [...method, `sticky cookie ${cookie} path=/ httponly samesite=lax;`]
  return [`hash $${stickyVariables(upstream.name).key} consistent;`]
}

/** What the hash looks at, and the header that a location adds: empty where the client has its cookie, or nginx sets it by itself. */
export function cookieMaps(upstream: UpstreamSettings, canStick: boolean): string {
  const name = cookieOf(upstream)
  if (name === null) return ''
  const { key, cookie } = stickyVariables(upstream.name)
  const header = (more: string) => `"${name}=$request_id; Path=/; ${more}HttpOnly; SameSite=Lax"`
  return canStick
    ? map('""', cookie, ['default "";'])
    : map(`$cookie_${name}`, key, [`default $cookie_${name};`, '"" $request_id;']) +
        map(`"$scheme:$cookie_${name}"`, cookie, [
          'default "";',
          `"http:" ${header('')};`,
          `"https:" ${header('Secure; ')};`,
        ])
}

function map(source: string, variable: string, lines: readonly string[]): string {
  return `map ${source} $${variable} {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`
}

function cookieOf({ name, context, sticky }: UpstreamSettings): string | null {
  if (sticky === undefined || context === 'stream') return null
  if (/^[A-Za-z0-9_]{1,64}$/.test(sticky)) return sticky
  throw new QuaysideError(
    'RENDER_REFUSED',
    `upstream ${name} cannot be rendered: ${JSON.stringify(sticky)} is no name of a cookie`,
  )
}
