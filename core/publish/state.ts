import { emptyGuardMemory, type GuardMemory } from '../guard/memory.ts'
import type { SourceKey } from '../release/endpoints.ts'
import { emptyMemory, type RouteMemory } from '../route/memory.ts'
import type { TemplateInstance } from '../template/data.ts'

/** What a publisher must know that the catalog doesn't tell: immutable blobs, the first of which the pointer names. */
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
