import { byText } from '../../canonical.ts'
import type { TemplateInstance } from '../data.ts'
import type { KeyNeed, PlaceNeed, ServiceNeed } from '../need.ts'
import { instanceOrigin } from '../origin.ts'
import {
  parseKeyQuery,
  parseNodeQuery,
  parsePlaceQuery,
  parseServiceQuery,
  serviceNeed,
} from '../parse-query.ts'
import type { Session } from '../session.ts'
import { instanceViews, nodeServicesView, nodeViews, pairViews, serviceViews } from '../views.ts'
import { type Helper, type Helpers, type Named, textArg, wholeArg } from './helper.ts'

/** What reads Consul's data. What isn't known yet reads as absent, and is noted as missing. */
export function consulHelpers(session: Session): Helpers {
  const { data, note } = session

  function service(args: readonly unknown[], named: Named, least: number): unknown {
    const need = serviceNeedOf(args, named, data.datacenter)
    const all = note(need, data.service(need.name, need.datacenter))
    if (all === undefined) return []
    const fitting = all.filter((instance) => fits(instance, need))
    const wanted = named.min === undefined ? least : Math.max(least, wholeArg(named.min))
    if (fitting.length < wanted) session.wait(need, `${fitting.length} of at least ${wanted} instances fit`)
    return instanceViews(fitting).map(({ one, view }) => session.mark(view, instanceOrigin(one)))
  }

  function pairs(query: unknown, named: Named, depth: 'top' | 'all', least: number): unknown {
    const need = keyNeed('folder', query, named, data.datacenter)
    const found = note(need, data.folder(need.path, need.datacenter))
    if (found === undefined) return []
    const views = pairViews(need.path, found, depth)
    if (views.length < least) session.wait(need, 'the folder is empty')
    return views
  }

  function value(query: unknown, named: Named): { need: KeyNeed; value: string | null | undefined } {
    const need = keyNeed('key', query, named, data.datacenter)
    return { need, value: note(need, data.key(need.path, need.datacenter)) }
  }

  return {
    service: serviceHelper((args, named) => service(args, named, 0)),
    safeService: serviceHelper((args, named) => service(args, named, 1)),
    services: placeHelper((query, named) => {
      const need = placeNeed('services', query, named, data.datacenter)
      const views = serviceViews(note(need, data.services(need.datacenter)) ?? [])
      const { datacenter } = need
      return views.map((view) => session.mark(view, { datacenter, service: view.Name, instance: null }))
    }),
    nodes: placeHelper((query, named) => {
      const need = placeNeed('nodes', query, named, data.datacenter)
      return nodeViews(note(need, data.nodes(need.datacenter)) ?? [])
    }),
    node: one(['dc'], (query, named) => node(session, query, named)),
    key: one(['dc'], (query, named) => {
      const { need, value: found } = value(query, named)
      if (found === null) session.wait(need, 'the key does not exist; keyOrDefault states a default')
      return found ?? undefined
    }),
    keyExists: one(['dc'], (query, named) => typeof value(query, named).value === 'string'),
    keyOrDefault: {
      ...{ least: 2, most: 2, named: ['dc'] },
      run: ([query, fallback], named) => value(query, named).value ?? fallback,
    },
    ls: one(['dc'], (query, named) => pairs(query, named, 'top', 0)),
    safeLs: one(['dc'], (query, named) => pairs(query, named, 'top', 1)),
    tree: one(['dc'], (query, named) => pairs(query, named, 'all', 0)),
    safeTree: one(['dc'], (query, named) => pairs(query, named, 'all', 1)),
    datacenters: {
      ...{ least: 0, most: 0, named: [] },
      run: () => [...(note({ kind: 'datacenters' }, data.datacenters()) ?? [])].sort(byText),
    },
  }
}

/** `passing` means what takes traffic, which is the guard's word; every other status is the catalog's. */
function fits({ tags, serving, status }: TemplateInstance, need: ServiceNeed): boolean {
  if (need.tag !== null && !tags.includes(need.tag)) return false
  if (need.statuses.includes('any')) return true
  if (serving && need.statuses.includes('passing')) return true
  return status !== 'passing' && need.statuses.includes(status)
}

function serviceNeedOf(args: readonly unknown[], named: Named, datacenter: string): ServiceNeed {
  const optional = (name: string) => (named[name] === undefined ? null : textArg(named[name]))
  const [dc, tag, status] = [optional('dc'), optional('tag'), optional('status')]
  if (named.name !== undefined) {
    if (args.length > 0) throw new TypeError('a query and name= exclude one another')
    return serviceNeed(textArg(named.name), tag, dc ?? datacenter, status)
  }
  if (args.length === 0)
    throw new TypeError('expected a query such as "web" or "tag.web|passing", or name="web"')
  if (tag !== null || status !== null)
    throw new TypeError('tag= and status= go with name=, not with a query that says them itself')
  return parseServiceQuery(args.map(textArg).join('|'), dc ?? datacenter)
}

function keyNeed(kind: KeyNeed['kind'], query: unknown, named: Named, datacenter: string): KeyNeed {
  return parseKeyQuery(kind, textArg(query), named.dc === undefined ? datacenter : textArg(named.dc))
}

function placeNeed(kind: PlaceNeed['kind'], query: unknown, named: Named, datacenter: string): PlaceNeed {
  const own = named.dc === undefined ? datacenter : textArg(named.dc)
  return parsePlaceQuery(kind, query === undefined ? '' : textArg(query), own)
}

function node(session: Session, query: unknown, named: Named): unknown {
  const { data, note, wait } = session
  const own = named.dc === undefined ? data.datacenter : textArg(named.dc)
  const need = parseNodeQuery(textArg(query), own)
  const found = note(need, data.node(need.name, need.datacenter))
  if (found === null) wait(need, 'there is no such node')
  return found ? nodeServicesView(found) : undefined
}

function serviceHelper(run: Helper['run']): Helper {
  return { least: 0, most: 2, named: ['name', 'tag', 'dc', 'status', 'min'], run }
}

function placeHelper(run: (query: unknown, named: Named) => unknown): Helper {
  return { least: 0, most: 1, named: ['dc'], run: ([query], named) => run(query, named) }
}

function one(named: readonly string[], run: (query: unknown, named: Named) => unknown): Helper {
  return { least: 1, most: 1, named, run: ([query], given) => run(query, given) }
}
