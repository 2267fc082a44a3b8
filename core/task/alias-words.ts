import { byText } from '../canonical.ts'
import { splitLabel } from '../route/aliases/traefik-labels.ts'
import { virtualWords } from '../route/aliases/virtual-host.ts'
import { isMetaValue, isTag } from './limits.ts'
import type { Words } from './words.ts'

const servicePort = /^traefik\.(http|tcp|udp)\.services\.([^.]+)\.loadbalancer\.server\.port$/
const named = /^traefik\.(http|tcp|udp)\.(routers|services)\.([^.]+)\./

type TraefikPort = { readonly service: string; readonly port: string }

/** The ports that Traefik's labels state, by service, in the order of their keys. */
export function traefikPorts(words: Words): readonly TraefikPort[] {
  return traefikLabels(words).flatMap((tag) => {
    const { key, value } = splitLabel(tag)
    const [, protocol, name] = servicePort.exec(key) ?? []
    return name === undefined ? [] : [{ service: `${protocol}.${name}`, port: value.trim() }]
  })
}

/**
 * Traefik's labels as tags, as its Consul catalog provider reads them; on the routed port, or each on the port of its own service
 * where they state several and `nginx.port` doesn't choose. The port itself is left out: it chose the instance, and Traefik would
 * take it for the port of the host.
 */
export function traefikTags(words: Words, containerPort: number, routed: number | null): readonly string[] {
  const labels = traefikLabels(words)
  if (labels.length === 0) return []
  const ports = new Map(traefikPorts(words).map(({ service, port }) => [service, port]))
  const isSplit = new Set(ports.values()).size > 1 && !words['nginx.port']?.trim()
  const isRouted = containerPort === routed
  const kept = labels.filter((tag) => {
    const home = isSplit ? homeOf(tag, labels, ports) : null
    return home === null ? isRouted || isSplit : home === '' ? isRouted : home === String(containerPort)
  })
  const isHome = isRouted || kept.some((tag) => named.test(splitLabel(tag).key))
  const isOff = (tag: string) => /^traefik\.enable=\s*(false|f|0)\s*$/i.test(tag)
  const wanted = isHome ? kept : labels.filter(isOff)
  return wanted.filter((tag) => !servicePort.test(splitLabel(tag).key))
}

/** The port that a label is for: empty where none is stated, null for a label that is for all. */
function homeOf(tag: string, labels: readonly string[], ports: ReadonlyMap<string, string>): string | null {
  const [, protocol = '', kind, name = ''] = named.exec(splitLabel(tag).key) ?? []
  if (kind === undefined) return null
  if (kind === 'services') return ports.get(`${protocol}.${name}`) ?? ''
  const wanted = `traefik.${protocol}.routers.${name}.service`
  const stated = labels.map(splitLabel).find(({ key }) => key === wanted)
  return ports.get(`${protocol}.${stated?.value.trim().toLowerCase()}`) ?? ''
}

/** nginx-proxy's words as meta of the same names, where a host is stated. */
export function virtualMeta(words: Words): Readonly<Record<string, string>> {
  if (!words.VIRTUAL_HOST?.trim() || virtualProblem(words) !== null) return {}
  return Object.fromEntries(
    virtualWords.flatMap((name) => (words[name] === undefined ? [] : [[name, words[name]]])),
  )
}

/** Why words of other proxies are not registered: all of one proxy or none, as half of them could let in too many. */
export function aliasProblems(words: Words): readonly string[] {
  return [traefikProblem(words), virtualProblem(words)].filter((problem) => problem !== null)
}

function traefikProblem(words: Words): string | null {
  const bad = allTraefik(words).find(({ tag }) => !isTag(tag))
  if (bad === undefined) return null
  return (
    `the label ${JSON.stringify(bad.name.slice(0, 80))} can't be a tag, which must be of printable ASCII and, with its name, have at ` +
    'most 255 characters; no traefik.* label of this container is heeded'
  )
}

function virtualProblem(words: Words): string | null {
  if (!words.VIRTUAL_HOST?.trim()) return null
  const bad = virtualWords.find((name) => !isMetaValue(words[name] ?? ''))
  if (bad === undefined) return null
  return `${bad} must be of at most 512 bytes without control characters; no VIRTUAL_* word of this container is heeded`
}

function traefikLabels(words: Words): readonly string[] {
  const all = allTraefik(words)
  return all.every(({ tag }) => isTag(tag)) ? all.map(({ tag }) => tag) : []
}

function allTraefik(words: Words): readonly { readonly name: string; readonly tag: string }[] {
  return Object.entries(words)
    .filter(([name]) => /^traefik\./i.test(name))
    .map(([name, value]) => ({ name, tag: `${name}=${value}` }))
    .sort((a, b) => byText(a.tag, b.tag))
}
