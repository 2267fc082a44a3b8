import { routingTag } from '../catalog/entry.ts'
import { isAliasTag } from '../route/aliases/read-aliases.ts'
import { readStatement } from '../route/statement.ts'
import { traefikPorts, traefikTags, virtualMeta } from './alias-words.ts'
import { hasPortWord, type Words } from './words.ts'

/** `nginx.route.api.host` → `nginx-route-api-host`: Consul's meta keys know no dots. */
export function routingMeta(words: Words): Readonly<Record<string, string>> {
  const own = Object.entries(words).filter(([name]) => name.startsWith('nginx.'))
  return Object.fromEntries(own.map(([name, value]) => [name.replaceAll('.', '-'), value]))
}

type NamedPort = { readonly containerPort: number; readonly name: string | null }

/**
 * The container port that the routes of a container lead to: `nginx.port` by number or by the mapping's name, else the port that
 * Traefik's labels or `VIRTUAL_PORT` state, else the first in the order of the task definition. Routes on every port would contend
 * for the same paths.
 */
export function routedPort(words: Words, ports: readonly NamedPort[]): number | null {
  const wanted = statedPort(words)
  if (wanted === null) return ports[0]?.containerPort ?? null
  return findPort(wanted.value, ports)
}

/** Routes that no instance carries, since the port that is stated for them is none of the container's. */
export function unroutedProblem(
  words: Words,
  ports: readonly NamedPort[],
  defined: readonly number[],
): string | null {
  const wanted = statedPort(words)
  if (wanted === null || findPort(wanted.value, ports) !== null) return null
  // A binding may still be on its way.
  if (defined.some((port) => String(port) === wanted.value)) return null
  const known = ports.map(({ containerPort }) => containerPort).join(', ')
  return (
    `${wanted.name} is ${JSON.stringify(wanted.value.slice(0, 80))}, which is no port of this container (it has ${known}); ` +
    'it takes no part in routing'
  )
}

function findPort(wanted: string, ports: readonly NamedPort[]): number | null {
  const found = ports.find(({ containerPort, name }) => String(containerPort) === wanted || name === wanted)
  return found?.containerPort ?? null
}

function statedPort(words: Words): { readonly name: string; readonly value: string } | null {
  const traefik = traefikPorts(words)[0]
  const stated = [
    { name: 'nginx.port', value: words['nginx.port'] },
    { name: 'traefik.….loadbalancer.server.port', value: traefik?.port },
    // Without a host it is a variable that may mean anything.
    { name: 'VIRTUAL_PORT', value: words.VIRTUAL_HOST ? words.VIRTUAL_PORT : undefined },
  ]
  for (const { name, value = '' } of stated) if (value.trim() !== '') return { name, value: value.trim() }
  return null
}

export type Routing = {
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
}

/**
 * What an instance's entry says of its routes, beside its own `tags` and `meta`: whether it takes part is decided by the very
 * function that reads the catalog, so that both sides always agree. A port that isn't to be routed, but whose tags would opt it
 * in, says so.
 */
export function routingOf(
  words: Words,
  { containerPort, routed }: { readonly containerPort: number; readonly routed: number | null },
  own: Routing,
): Routing {
  const traefik = traefikTags(words, containerPort, routed)
  const tags = [...own.tags, ...traefik]
  const meta = containerPort === routed ? { ...routingMeta(words), ...virtualMeta(words) } : {}
  const isChosen =
    containerPort === routed ||
    traefik.some(isAliasTag) ||
    (hasPortWord(words, containerPort, 'TAGS') && isOptedIn(own))
  if (isChosen && !saysNo(words) && isOptedIn({ tags, meta: { ...own.meta, ...meta } })) {
    return { tags: [...traefik, routingTag], meta }
  }
  // The routing tag itself may have been set for every port on purpose.
  const isMeant = own.tags.includes(routingTag) && !saysNo(words)
  const isWrong = !isMeant && isOptedIn({ tags, meta: own.meta })
  return { tags: traefik, meta: isWrong ? { 'nginx-enable': 'false' } : {} }
}

function isOptedIn(entry: Routing): boolean {
  return readStatement({ ...entry, datacenter: '', port: null }).optedIn
}

/** `nginx.enable` of the container holds for all its ports. */
function saysNo(words: Words): boolean {
  const enable = words['nginx.enable']?.trim() ?? ''
  return enable !== '' && !isOptedIn({ tags: [], meta: { 'nginx-enable': enable } })
}
