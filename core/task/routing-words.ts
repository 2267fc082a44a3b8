import type { Words } from './words.ts'

/** Names that make a service take part in routing by themselves, without `nginx.enable`. */
const claims = /^nginx\.(route\.[^.]+\.)?(host|path)$/

/** Opted in by `nginx.enable=true` or by stating a route; `nginx.enable=false` keeps a service out whatever else it says. */
export function isOptedIn(words: Words): boolean {
  const enable = words['nginx.enable']?.trim().toLowerCase()
  if (enable !== undefined && enable !== '') return enable === 'true' || enable === '1' || enable === 'yes'
  return Object.keys(words).some((name) => claims.test(name))
}

/** `nginx.route.api.host` → `nginx-route-api-host`: Consul's meta keys know no dots. */
export function routingMeta(words: Words): Readonly<Record<string, string>> {
  const own = Object.entries(words).filter(([name]) => name.startsWith('nginx.'))
  return Object.fromEntries(own.map(([name, value]) => [name.replaceAll('.', '-'), value]))
}

/**
 * The container port that the routes of a container lead to: `nginx.port` by number or by the mapping's name, else the first
 * port in the order of the task definition. Routes on every port would contend for the same paths.
 */
export function routedPort(
  words: Words,
  ports: readonly { readonly containerPort: number; readonly name: string | null }[],
): number | null {
  const wanted = words['nginx.port']?.trim()
  if (wanted === undefined || wanted === '') return ports[0]?.containerPort ?? null
  const found = ports.find(({ containerPort, name }) => String(containerPort) === wanted || name === wanted)
  return found?.containerPort ?? null
}
