import { canonicalJson, canonicalOnce, jsonList, jsonObject, sha256 } from '../canonical.ts'
import type { EpochMemory, ServiceMemory } from '../guard/memory.ts'
import { type PartedMap, partedMap } from '../parted-map.ts'
import { readDigest } from '../release/digest.ts'
import type { SourceKey } from '../release/endpoints.ts'
import { readJson, readList, readNullable, readObject, readSchema } from '../release/read.ts'
import type { RouteMemory } from '../route/memory.ts'
import type { TemplateInstance } from '../template/data.ts'
import type { PublisherState } from './state.ts'

/**
 * A state as it is stored: a root that the pointer names, and the parts that the root names by their digests. A change of one service
 * changes one part, so a publication stores some of the state and not megabytes of what is as it was.
 */
export type StoredState = {
  readonly root: string
  /** Contents by digest. */
  readonly parts: ReadonlyMap<string, string>
}

type Part = { readonly digest: string; readonly text: string }

/** Equal states give equal texts. */
export function storeState({ schema, guard, routing, templates }: PublisherState): StoredState {
  const services = guard.services.parts.map(servicesOnce)
  const routes = partOnce(routing.services, [routing.hosts, routing.routes], () => routingText(routing))
  const given = templates.size === 0 ? null : partOnce(templates, [], () => recordText(templates))
  const name = (part: Part | null) => canonicalJson(part?.digest ?? null)
  const root = jsonObject([
    ['epoch', canonicalJson(guard.epoch)],
    ['routing', name(routes)],
    ['schema', canonicalJson(schema)],
    ['services', jsonList(services.map(name))],
    ['templates', name(given)],
  ])
  const all = [...services, routes, given].filter((part) => part !== null)
  return { root, parts: new Map(all.map(({ digest, text }) => [digest, text])) }
}

type Services = PartedMap<ServiceMemory>['parts'][number]

/** Most parts are as they were: the texts of those are at hand. */
const known = new WeakMap<object, { readonly with: readonly object[]; readonly part: Part }>()

function partOnce(subject: object, others: readonly object[], write: () => string): Part {
  const before = known.get(subject)
  if (before?.with.every((one, at) => one === others[at]) === true) return before.part
  const text = write()
  const part = { digest: sha256(text), text }
  known.set(subject, { with: others, part })
  return part
}

function servicesOnce(services: Services): Part | null {
  if (services.size === 0) return null
  return partOnce(services, [], () => recordText(services))
}

function routingText({ hosts, routes, services }: RouteMemory): string {
  return jsonObject([
    ['hosts', canonicalOnce(hosts)],
    ['routes', canonicalOnce(routes)],
    ['services', canonicalOnce(services)],
  ])
}

function recordText(record: ReadonlyMap<string, object>): string {
  const sorted = [...record].sort(([a], [b]) => (a < b ? -1 : 1))
  return jsonObject(sorted.map(([key, value]) => [key, canonicalOnce(value)] as const))
}

type Root = {
  readonly schema: 1
  readonly epoch: EpochMemory
  readonly services: readonly (string | null)[]
  readonly routing: string
  readonly templates: string | null
}

/** The digests that a root names. Throws RELEASE_INVALID for another schema or a root that isn't one. */
export function partsNamed(root: string): readonly string[] {
  const { services, routing, templates } = parseRoot(root)
  return [...services, routing, templates].filter((digest) => digest !== null)
}

/**
 * Puts a state together. `contentOf` gives each part that the root names. The root's digest was checked against a signed pointer, and the
 * parts' against the root: their members were written by a publisher, so only the outline is looked at. Throws RELEASE_INVALID.
 */
export function parseState(root: string, contentOf: (digest: string) => string): PublisherState {
  const { schema, epoch, services, routing, templates } = parseRoot(root)
  const members = (digest: string, name: string) =>
    readObject(readJson(contentOf(digest), `state.${name}`), `state.${name}`)
  const remembered = services.flatMap((digest) =>
    digest === null ? [] : Object.entries(members(digest, 'services') as Record<SourceKey, ServiceMemory>),
  )
  const routes = members(routing, 'routing')
  for (const key of ['services', 'hosts', 'routes']) readObject(routes[key], `state.routing.${key}`)
  const given = templates === null ? {} : members(templates, 'templates')
  return {
    schema,
    guard: { epoch, services: partedMap(remembered) },
    routing: routes as RouteMemory,
    templates: new Map(Object.entries(given as Record<SourceKey, readonly TemplateInstance[]>)),
  }
}

function parseRoot(text: string): Root {
  const members = readObject(readJson(text, 'the publisher state'), 'the publisher state')
  return {
    schema: readSchema(members.schema, 'state.schema'),
    epoch: readObject(members.epoch, 'state.epoch') as EpochMemory,
    services: readList(members.services, 'state.services', (one, at) => readNullable(one, at, readDigest)),
    routing: readDigest(members.routing, 'state.routing'),
    templates: readNullable(members.templates, 'state.templates', readDigest),
  }
}
