import { canonicalJson, canonicalOnce, jsonObject } from '../canonical.ts'
import { type EpochMemory, emptyGuardMemory, type GuardMemory, type ServiceMemory } from '../guard/memory.ts'
import { partedMap } from '../parted-map.ts'
import type { SourceKey } from '../release/endpoints.ts'
import { readJson, readObject, readSchema } from '../release/read.ts'
import { emptyMemory, type RouteMemory } from '../route/memory.ts'
import type { TemplateInstance } from '../template/data.ts'

/** What a publisher must know that the catalog doesn't tell: an immutable blob which the pointer names. */
export type PublisherState = {
  readonly schema: 1
  readonly guard: GuardMemory
  readonly routing: RouteMemory
  /** Who takes traffic of the services that operators' templates read, with the tags and meta that the guard doesn't remember. */
  readonly templates: ReadonlyMap<SourceKey, readonly TemplateInstance[]>
}

export const emptyState: PublisherState = {
  schema: 1,
  guard: emptyGuardMemory,
  routing: emptyMemory,
  templates: new Map(),
}

export function serialiseState(state: PublisherState): string {
  const { schema, guard, routing, templates } = state
  const services = [...guard.services.keys()].sort().map((source) => {
    return [source, canonicalOnce(guard.services.get(source) ?? {})] as const
  })
  return jsonObject([
    [
      'guard',
      jsonObject([
        ['epoch', canonicalJson(guard.epoch)],
        ['services', jsonObject(services)],
      ]),
    ],
    [
      'routing',
      jsonObject([
        ['hosts', canonicalOnce(routing.hosts)],
        ['routes', canonicalOnce(routing.routes)],
        ['services', canonicalOnce(routing.services)],
      ]),
    ],
    ['schema', canonicalJson(schema)],
    ...(templates.size === 0 ? [] : [['templates', templatesText(templates)] as const]),
  ])
}

function templatesText(templates: PublisherState['templates']): string {
  const sources = [...templates.keys()].sort()
  return jsonObject(sources.map((source) => [source, canonicalOnce(templates.get(source) ?? [])] as const))
}

/**
 * Reads a state blob whose digest was checked against a signed pointer: its members were written by a publisher, so only the
 * outline is looked at. Throws RELEASE_INVALID for another schema.
 */
export function parseState(content: string): PublisherState {
  const members = readObject(readJson(content, 'the publisher state'), 'the publisher state')
  const guard = readObject(members.guard, 'state.guard')
  const routing = readObject(members.routing, 'state.routing')
  // States of publishers without templates, and from before there were any, have none.
  const templates = members.templates === undefined ? {} : readObject(members.templates, 'state.templates')
  for (const key of ['epoch', 'services']) readObject(guard[key], `state.guard.${key}`)
  for (const key of ['services', 'hosts', 'routes']) readObject(routing[key], `state.routing.${key}`)
  return {
    schema: readSchema(members.schema, 'state.schema'),
    guard: {
      epoch: guard.epoch as EpochMemory,
      services: partedMap(Object.entries(guard.services as Readonly<Record<SourceKey, ServiceMemory>>)),
    },
    routing: members.routing as RouteMemory,
    templates: new Map(Object.entries(templates as Readonly<Record<SourceKey, readonly TemplateInstance[]>>)),
  }
}
