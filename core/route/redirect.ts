import { type Reader, readHost, readPath, readPort } from './fields.ts'
import type { Route } from './route.ts'

/** An answer that sends clients elsewhere; `url` has no slash at its end where the request's own URI follows it. */
export type Redirect = { readonly code: number; readonly url: string; readonly keepUri: boolean }

const codes = ['301', '302', '307', '308']
const requestUri = '$request_uri'
const expected =
  'an address like https://www.example.com/new or https://www.example.com$request_uri, with 301, 302, 307 or 308 and a comma in front if not 302'

/**
 * `[<code>,]http(s)://<host>[:<port>][<path>][$request_uri]`, 302 without a code: browsers keep permanent ones, and a mistake with them.
 * Every part is read by itself, so that nothing but the one known variable can reach nginx.
 */
export const readRedirect: Reader<Redirect> = (text) => {
  const [, code = '302', scheme = '', host = '', port, rest = ''] =
    /^(?:(\d{3}),\s*)?(https?):\/\/([^/:$]+)(?::(\d+))?(.*)$/.exec(text) ?? []
  const keepUri = rest.endsWith(requestUri)
  const path = keepUri ? rest.slice(0, -requestUri.length).replace(/\/$/, '') : rest || '/'
  const hostReading = readHost(host)
  const fits =
    codes.includes(code) &&
    (path === '' || 'value' in readPath(path)) &&
    (port === undefined || 'value' in readPort(port))
  if (!fits || !('value' in hostReading) || hostReading.value.startsWith('*')) return { expected }
  const place = port === undefined ? hostReading.value : `${hostReading.value}:${Number(port)}`
  return { value: { code: Number(code), url: `${scheme}://${place}${path}`, keepUri } }
}

/** Whether the redirect leads to this very route, on a listener that would answer it again. A stated port is taken for another place. */
export function leadsBack({ url, keepUri }: Redirect, route: Route): boolean {
  const [, scheme = '', place = '', path = ''] = /^(https?):\/\/([^/]+)(.*)$/.exec(url) ?? []
  const answered = scheme === 'https' ? route.https !== 'off' : route.https !== 'only'
  const exact = route.match === 'exact' && path === (keepUri ? '' : route.path)
  return (
    route.hosts.includes(place) && answered && (exact || (route.match === 'prefix' && isWithin(path, route)))
  )
}

function isWithin(path: string, route: Route): boolean {
  return route.path === '/' || path === route.path || path.startsWith(`${route.path}/`) || path === ''
}
