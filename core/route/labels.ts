import { canonicalJson } from '../canonical.ts'
import { entryMeta } from '../catalog/entry.ts'
import type { CatalogInstance, ServiceSnapshot } from '../catalog/snapshot.ts'
import { sourceKey } from '../release/endpoints.ts'
import type { AliasNote } from './aliases/alias.ts'
import { type Problem, shorten } from './problem.ts'
import { readStatement, type Statement } from './statement.ts'

export type { Labels } from './statement.ts'

export type StatedLabels = Omit<Statement, 'notes'> & {
  /** `<account>/<region>/<cluster>` of our instances; empty for a service that somebody else registered. */
  readonly cluster: string
  readonly problems: readonly Problem[]
}

/**
 * What counts for a service: the statement of its newest task-definition revision and, where its instances differ even so, that
 * of the majority; the first in text order of equals. The others are reported. Null without instances.
 */
export function statedLabels(service: ServiceSnapshot): StatedLabels | null {
  const newest = Math.max(...service.instances.map(revisionOf))
  const all = service.instances.map(readVote)
  const current = all.filter(({ instance }) => revisionOf(instance) === newest)
  const votes = Map.groupBy(current, ({ text }) => text)
  const [winner] = [...votes].sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1))
  const [text, [chosen] = []] = winner ?? []
  if (chosen === undefined) return null
  const { notes, ...statement } = chosen.statement
  const source = sourceKey(service.name, service.datacenter)
  const differing = all.filter((vote) => vote.text !== text)
  const disagreements = differing.length === 0 ? [] : [disagreement(source, chosen, differing, all.length)]
  const problems = [...disagreements, ...notes.map((note) => unsupported(source, note))]
  return { ...statement, cluster: clusterOf(chosen.instance), problems }
}

type Vote = {
  readonly instance: CatalogInstance
  readonly statement: Statement
  /** The same for the same statement. */
  readonly text: string
}

function readVote(instance: CatalogInstance): Vote {
  const statement = readStatement(instance)
  const { labels, refused } = statement
  const text = canonicalJson(labels) + (refused.length === 0 ? '' : canonicalJson(refused))
  return { instance, statement, text }
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
  service: string,
  { statement: { labels, refused } }: Vote,
  differing: readonly Vote[],
  count: number,
): Problem {
  const others = differing.map(({ statement }) => statement.labels)
  const keys = [...new Set([labels, ...others].flatMap((one) => Object.keys(one)))].sort()
  const key = keys.find((one) => others.some((other) => other[one] !== labels[one]))
  return {
    kind: 'disagreement',
    effect: 'none',
    service,
    key: key ?? refused[0]?.key ?? '',
    value: `${differing.length} of ${count} instances state it differently`,
    expected: (key === undefined ? undefined : labels[key]) ?? 'no such key',
  }
}

function unsupported(service: string, { key, value, expected }: AliasNote): Problem {
  return {
    kind: 'unsupported',
    effect: 'none',
    service,
    key: shorten(key),
    value: shorten(value),
    expected: shorten(expected),
  }
}
