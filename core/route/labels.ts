import { canonicalJson } from '../canonical.ts'
import { entryMeta, managedBy, nodeName } from '../catalog/entry.ts'
import { type CatalogInstance, type ServiceSnapshot, sourceOf } from '../catalog/snapshot.ts'
import { isTaskId } from '../task/arn.ts'
import type { AliasNote } from './aliases/alias.ts'
import { type Problem, shorten } from './problem.ts'
import { readStatement, type Statement } from './statement.ts'

export type { Labels } from './statement.ts'

export type StatedLabels = Omit<Statement, 'notes'> & {
  /** `<account>/<region>/<cluster>` of our instances; empty for a service of which none is ours. */
  readonly cluster: string
  readonly problems: readonly Problem[]
}

/**
 * What counts for a service: the statement of its newest task-definition revision and, where its instances differ even so, that
 * of the majority; the first in text order of equals. The others are reported. Null without instances. Ours is what `deployment`
 * registered; null, where nobody said which one this is, stands for any.
 */
export function statedLabels(service: ServiceSnapshot, deployment: string | null): StatedLabels | null {
  const votes = readVotes(service.instances)
  const [first] = votes
  if (first !== undefined && votes.every((vote) => isAlike(vote, first)))
    return stated(service, first, votes, [], deployment)
  return elected(service, votes, deployment)
}

/** Whether both say the same and are of the same revision, as outside of a deployment all are. */
function isAlike(vote: Vote, first: Vote): boolean {
  return vote.statement === first.statement && revisionText(vote.instance) === revisionText(first.instance)
}

function elected(
  service: ServiceSnapshot,
  all: readonly Vote[],
  deployment: string | null,
): StatedLabels | null {
  const newest = Math.max(...service.instances.map(revisionOf))
  const current = all.filter(({ instance }) => revisionOf(instance) === newest)
  const votes = Map.groupBy(current, ({ statement }) => textOf(statement))
  const [winner] = [...votes].sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1))
  const [text, alike = []] = winner ?? []
  const [chosen] = alike
  if (chosen === undefined) return null
  const differing = all.filter(({ statement }) => textOf(statement) !== text)
  return stated(service, chosen, alike, differing, deployment)
}

function stated(
  service: ServiceSnapshot,
  chosen: Vote,
  alike: readonly Vote[],
  differing: readonly Vote[],
  deployment: string | null,
): StatedLabels {
  const { notes, ...statement } = chosen.statement
  const source = sourceOf(service)
  const count = service.instances.length
  const disagreements = differing.length === 0 ? [] : [disagreement(source, chosen, differing, count)]
  const problems = [...disagreements, ...notes.map((note) => unsupported(source, note))]
  return { ...statement, cluster: clusterOf(alike, deployment), problems }
}

type Vote = {
  readonly instance: CatalogInstance
  /** The same object for instances that follow each other and say the same in the same words. */
  readonly statement: Statement
}

/** Almost always all say the same in the same words; then one reading serves for all. */
function readVotes(instances: readonly CatalogInstance[]): readonly Vote[] {
  let last: Vote | null = null
  return instances.map((instance) => {
    const isSame: boolean = last !== null && saysTheSame(last, instance)
    last = { instance, statement: isSame && last !== null ? last.statement : readStatement(instance) }
    return last
  })
}

/** The port matters in the words of other proxies only. */
function saysTheSame({ instance: one, statement }: Vote, other: CatalogInstance): boolean {
  const { aliases, refused, notes } = statement
  const isPortless = aliases.length + refused.length + notes.length === 0
  return (
    (isPortless || one.port === other.port) &&
    one.tags.length === other.tags.length &&
    one.tags.every((tag, at) => tag === other.tags[at]) &&
    covers(one.meta, other.meta) &&
    covers(other.meta, one.meta)
  )
}

/** What registering adds says nothing of routes, and differs from task to task. */
const ofTasks: ReadonlySet<string> = new Set(Object.values(entryMeta))

function covers(a: CatalogInstance['meta'], b: CatalogInstance['meta']): boolean {
  for (const key in a) if (a[key] !== b[key] && !ofTasks.has(key)) return false
  return true
}

/** The same for statements that say the same. */
function textOf({ labels, refused }: Statement): string {
  return canonicalJson(labels) + (refused.length === 0 ? '' : canonicalJson(refused))
}

function revisionText({ meta }: CatalogInstance): string {
  return meta[entryMeta.revision] ?? ''
}

function revisionOf(instance: CatalogInstance): number {
  const text = revisionText(instance)
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}

function clusterOf(votes: readonly Vote[], deployment: string | null): string {
  for (const { instance } of votes) {
    const cluster = ownCluster(instance, deployment)
    if (cluster !== null) return cluster
  }
  return ''
}

/**
 * Meta can be written by whoever may register the service, so that alone it names no cluster: the entry has to lie on the cluster's own
 * node too, where reconcile removes entries of tasks that ECS doesn't know.
 */
function ownCluster({ node, meta }: CatalogInstance, deployment: string | null): string | null {
  const { account, region, cluster } = entryMeta
  const key = { account: meta[account] ?? '', region: meta[region] ?? '', cluster: meta[cluster] ?? '' }
  const registrar = meta[entryMeta.registrar]
  const isManaged = meta[entryMeta.managedBy] === managedBy && isTaskId(meta[entryMeta.taskId] ?? '')
  const isOurs = isManaged && (deployment ?? registrar) === registrar
  return isOurs && node === nodeName(key) ? Object.values(key).join('/') : null
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
