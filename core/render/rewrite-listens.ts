import { QuaysideError } from '../errors.ts'
import { flatten, parseNginx } from './nginx-parse.ts'

/**
 * Replaces where servers listen on one host: a table of port → place, as in `{"8080": "127.0.0.1:18081"}`. Only the first
 * argument of `listen` directives that name the bare port, or the port on all IPv4 addresses, is replaced; every other byte stays.
 * Throws `RENDER_REFUSED` where the text is not nginx configuration or a place is not `address:port` or `port`.
 */
export function rewriteListens(text: string, table: Readonly<Record<string, string>>): string {
  const places = new Map(Object.entries(table).map(([port, place]) => [port, checked(place)]))
  if (places.size === 0) return text
  let result = ''
  let copied = 0
  for (const { name, args, argStart, argEnd } of flatten(parseNginx(text))) {
    const place = name === 'listen' ? places.get(portOf(args[0] ?? '')) : undefined
    if (place === undefined) continue
    result += text.slice(copied, argStart) + place
    copied = argEnd
  }
  return result + text.slice(copied)
}

function portOf(target: string): string {
  return target.replace(/^(\*|0\.0\.0\.0):/, '')
}

function checked(place: string): string {
  if (/^([0-9.]+:|\[[0-9a-fA-F:]+\]:)?[0-9]{1,5}$/.test(place)) return place
  throw new QuaysideError(
    'RENDER_REFUSED',
    `"${place}" is no place to listen: write a port or address:port, as in 127.0.0.1:18081`,
  )
}
