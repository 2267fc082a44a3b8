import { canonicalJson } from '../canonical.ts'
import { type Endpoints, parseSourceKey, type SourceKey } from '../release/endpoints.ts'
import type { Layout } from '../release/layout.ts'
import { type RouteMemory, recall } from '../route/memory.ts'
import type { Look } from './look.ts'
import { changesBetween } from './publication.ts'
import { placeText, type WrittenRoute } from './written-routes.ts'

/** One state of a release, as far as two are compared. */
export type Side = {
  readonly routes: readonly WrittenRoute[]
  readonly layout: Pick<Layout, 'upstreams'>
  readonly endpoints: Endpoints
  readonly routing: RouteMemory
}

export type ChangedRoute = {
  readonly place: string
  /** In nginx's words: what it no longer says, and what it says now. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

/** What becomes different for one service, and why. */
export type ServicePlan = {
  /** A source; empty for what belongs to no service. */
  readonly service: SourceKey
  readonly reasons: readonly string[]
  readonly routes: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly changed: readonly ChangedRoute[]
  }
  readonly joined: readonly string[]
  readonly left: readonly { readonly server: string; readonly why: string }[]
  /** Kept against a doubt: no change, but worth knowing. */
  readonly held: readonly { readonly server: string; readonly why: string }[]
  readonly problems: readonly string[]
}

/** Whether anything of it would change a release; holds and problems alone don't. */
export function isChange({ routes, joined, left }: ServicePlan): boolean {
  const { added, removed, changed } = routes
  return added.length + removed.length + changed.length + joined.length + left.length > 0
}

/** What a plan would change, by service, in their order; services of which there is nothing to tell are left out. */
export function diffPlan(
  before: Side,
  after: Side,
  look: Pick<Look, 'left' | 'holds'>,
  problems: readonly string[],
): readonly ServicePlan[] {
  const whys = new Map(look.left.map(({ source, server, why }) => [`${source} ${server}`, why]))
  const servers = changesBetween(before.endpoints, after.endpoints, (source, server) =>
    whys.get(`${source} ${server}`),
  )
  const routes = diffRoutes(before, after)
  const known = [
    ...[...servers.map(({ service }) => service), ...look.holds.map(({ source }) => source)],
    ...[...routes.flatMap(({ sources }) => sources), ...problems.map((one) => serviceIn(one, before, after))],
  ]
  return [...new Set(known)].sort().map((service) => {
    const own = routes.filter(({ sources }) => sources.includes(service))
    const change = servers.find((one) => one.service === service)
    return {
      service,
      reasons: own.length === 0 ? [] : reasonsFor(service, own, before.routing, after.routing),
      routes: {
        added: own.flatMap(({ kind, place }) => (kind === 'added' ? [place] : [])),
        removed: own.flatMap(({ kind, place }) => (kind === 'removed' ? [place] : [])),
        changed: own.flatMap(({ kind, place, removed, added }) =>
          kind === 'changed' ? [{ place, removed, added }] : [],
        ),
      },
      joined: change?.joined ?? [],
      left: change?.left ?? [],
      held: look.holds.filter(({ source }) => source === service).map(({ server, why }) => ({ server, why })),
      problems: problems.filter((one) => serviceIn(one, before, after) === service),
    }
  })
}

type RouteChange = ChangedRoute & {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly sources: readonly SourceKey[]
}

function diffRoutes(before: Side, after: Side): readonly RouteChange[] {
  const old = new Map(before.routes.map((route) => [placeText(route), route]))
  const now = new Map(after.routes.map((route) => [placeText(route), route]))
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((place): readonly RouteChange[] => {
    const [from, to] = [old.get(place), now.get(place)]
    const sources = [...new Set([...(from?.sources ?? []), ...(to?.sources ?? [])])]
    const owners = sources.length === 0 ? [''] : sources
    // Where one side passes nothing on, the settings of the other say nothing.
    const passes = from?.upstream !== null && to?.upstream !== null
    const [was, is] = passes ? [wordsOf(from, before), wordsOf(to, after)] : [actionOf(from), actionOf(to)]
    const removed = was.filter((word) => !is.includes(word))
    const added = is.filter((word) => !was.includes(word))
    if (from === undefined || to === undefined)
      return [
        { kind: to === undefined ? 'removed' : 'added', place, sources: owners, removed: [], added: [] },
      ]
    return removed.length + added.length === 0
      ? []
      : [{ kind: 'changed', place, sources: owners, removed, added }]
  })
}

function actionOf(route: WrittenRoute | undefined): readonly string[] {
  return route === undefined ? [] : [route.action.replace(/_[0-9a-f]{10}\b/, '')]
}

/** What a route says in single statements: its directives, and the settings of its upstream. */
function wordsOf(route: WrittenRoute | undefined, { layout }: Side): readonly string[] {
  if (route === undefined) return []
  const upstream = layout.upstreams.find(
    ({ name, context }) => name === route.upstream && context === route.context,
  )
  const { name: _name, context: _context, sources = [], ...settings } = upstream ?? {}
  return [
    ...route.directives,
    ...Object.entries(settings).map(([key, value]) => `${key} ${value}`),
    ...sources.map(({ source, share }) => `${source} with share ${share}`),
  ]
}

function reasonsFor(
  service: SourceKey,
  changes: readonly RouteChange[],
  before: RouteMemory,
  after: RouteMemory,
): readonly string[] {
  const [was, is] = [recall(before.services, service), recall(after.services, service)]
  if (service === '') return [otherwise]
  if (was === null && is !== null) return ['it states routes now']
  if (was !== null && is === null)
    return [was.goneSince === null ? 'it states no routes any more' : 'it is gone, and its time is over']
  const [old, now] = [was?.labels ?? {}, is?.labels ?? {}]
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
  const labels = keys.filter((key) => old[key] !== now[key])
  const others = changes.flatMap(({ place, sources }) =>
    sources.filter((source) => source !== service).map((source) => `${place} is also a matter of ${source}`),
  )
  const reasons = [...labels.map((key) => `${key}: ${shown(old[key])} → ${shown(now[key])}`), ...others]
  return reasons.length > 0 ? reasons : [otherwise]
}

const otherwise = "not its labels: a pin, or the publisher's settings, templates or version"

function shown(value: string | undefined): string {
  return value === undefined ? 'nothing' : canonicalJson(value)
}

/** Problems begin with the service or source that they are about. */
function serviceIn(problem: string, before: Side, after: Side): SourceKey {
  const [words = ''] = problem.split(': ')
  if (parseSourceKey(words) !== null) return words
  const known = [...Object.keys(after.endpoints.sources), ...Object.keys(before.endpoints.sources)]
  return known.find((source) => parseSourceKey(source)?.service === words) ?? ''
}
