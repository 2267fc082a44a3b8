import { canonicalJson } from '../canonical.ts'
import { entryMeta, routingTag } from '../catalog/entry.ts'
import type { CatalogInstance, ServiceSnapshot } from '../catalog/snapshot.ts'
import { sourceKey } from '../release/endpoints.ts'
import { keyPrefix } from './keys.ts'
import type { Problem } from './problem.ts'

/** What a service states about its routing, as text by canonical key. */
export type Labels = Readonly<Record<string, string>>

export type StatedLabels = {
  readonly labels: Labels
  /** `<account>/<region>/<cluster>` of our instances; empty for a service that somebody else registered. */
  readonly cluster: string
  /** By `nginx-enable`, else by the routing tag or by stating a host or path. */
  readonly optedIn: boolean
  readonly problems: readonly Problem[]
}

/**
 * The labels that count for a service: those of its newest task-definition revision and, where its instances differ even so,
 * those of the majority; the first in text order of equals. The others are reported. Null without instances.
 */
export function statedLabels(service: ServiceSnapshot): StatedLabels | null {
  const newest = Math.max(...service.instances.map(revisionOf))
  const current = service.instances.filter((instance) => revisionOf(instance) === newest)
  const votes = Map.groupBy(current, (instance) => canonicalJson(labelsOf(instance)))
  const [winner] = [...votes].sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1))
  const [text, [chosen] = []] = winner ?? []
  if (chosen === undefined) return null
  const labels = labelsOf(chosen)
  const differing = service.instances.filter((instance) => canonicalJson(labelsOf(instance)) !== text)
  const problems = differing.length === 0 ? [] : [disagreement(service, labels, differing)]
  return { labels, cluster: clusterOf(chosen), optedIn: isOptedIn(chosen, labels), problems }
}

/** Meta wins over a tag of the same key: tags can't be taken apart where a value holds a comma or an equals sign. */
function labelsOf({ tags, meta }: CatalogInstance): Labels {
  const stated = Object.entries(meta).filter(([key]) => key.startsWith(keyPrefix))
  return Object.fromEntries([...tags.flatMap(tagLabel), ...stated])
}

/** A tag `nginx.route.a.host=…` states the key `nginx-route-a-host`. */
function tagLabel(tag: string): readonly (readonly [string, string])[] {
  const at = tag.indexOf('=')
  if (!tag.startsWith('nginx.') || at === -1) return []
  return [[tag.slice(0, at).replaceAll('.', '-'), tag.slice(at + 1)]]
}

/** Read as leniently as when tasks are registered, so that both sides always agree. */
function isOptedIn({ tags }: CatalogInstance, labels: Labels): boolean {
  const enable = labels['nginx-enable']?.trim().toLowerCase()
  if (enable) return ['true', '1', 'yes'].includes(enable)
  return (
    tags.includes(routingTag) ||
    Object.keys(labels).some((key) => /^nginx-(route-.+-)?(host|path)$/.test(key))
  )
}

function revisionOf({ meta }: CatalogInstance): number {
  const text = meta[entryMeta.revision] ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}

function clusterOf({ meta }: CatalogInstance): string {
  const parts = [meta[entryMeta.account], meta[entryMeta.region], meta[entryMeta.cluster]]
  return parts.every((part) => part !== undefined) ? parts.join('/') : ''
}

function disagreement(
  service: ServiceSnapshot,
  labels: Labels,
  differing: readonly CatalogInstance[],
): Problem {
  const others = differing.map(labelsOf)
  const keys = [...new Set([labels, ...others].flatMap((one) => Object.keys(one)))].sort()
  const key = keys.find((one) => others.some((other) => other[one] !== labels[one])) ?? ''
  return {
    kind: 'disagreement',
    effect: 'none',
    service: sourceKey(service.name, service.datacenter),
    key,
    value: `${differing.length} of ${service.instances.length} instances state it differently`,
    expected: labels[key] ?? 'no such key',
  }
}
