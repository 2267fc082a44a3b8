import type { JudgedService } from '../catalog/judge.ts'
import type { CatalogCheck, CatalogInstance, ServiceSnapshot } from '../catalog/snapshot.ts'
import type { Member } from '../guard/memory.ts'
import type { Server } from '../release/endpoints.ts'
import type { TemplateInstance } from './data.ts'
import type { Status } from './need.ts'

/**
 * One service's instances as templates may see them: those that the guard keeps in, and those of the catalog whose address was judged
 * usable. `remembered` is this function's earlier result: a held instance that the catalog no longer shows keeps its tags and meta.
 */
export function templateInstances(
  snapshot: ServiceSnapshot,
  judged: JudgedService,
  members: readonly Member[],
  remembered: readonly TemplateInstance[],
): readonly TemplateInstance[] {
  const usable = new Map(judged.instances.map(({ node, id, server }) => [key({ node, id }), server]))
  const serving = new Map(members.map((member) => [key(member), member]))
  const before = new Map(remembered.map((one) => [key(one), one]))
  const listed = new Set(snapshot.instances.map(key))
  const present = snapshot.instances.flatMap((instance) => {
    const server = serving.get(key(instance))?.server ?? usable.get(key(instance))
    return server === undefined ? [] : [fromCatalog(instance, server, serving.has(key(instance)))]
  })
  const held = members.filter((member) => !listed.has(key(member)))
  return [...present, ...held.map((member) => fromMemory(member, snapshot, before.get(key(member))))]
}

/** Consul's aggregate: maintenance before critical before warning. */
export function statusOf(checks: readonly CatalogCheck[]): Status {
  const isMaintenance = ({ id }: CatalogCheck) =>
    id === '_node_maintenance' || id.startsWith('_service_maintenance:')
  if (checks.some(isMaintenance)) return 'maintenance'
  const worst = (['critical', 'warning'] as const).find((word) =>
    checks.some(({ status }) => status === word),
  )
  return worst ?? 'passing'
}

function fromCatalog(instance: CatalogInstance, server: Server, serving: boolean): TemplateInstance {
  const { service, id, node, nodeAddress = '', nodeMeta = {}, datacenter, tags, meta, checks } = instance
  return {
    ...{ name: service, id, node, nodeAddress, nodeMeta, datacenter, ...server },
    ...{ tags, meta, checks, status: statusOf(checks), serving },
  }
}

/** What is held counts as it did when it was last seen. */
function fromMemory(
  { node, id, server }: Member,
  { name, datacenter }: ServiceSnapshot,
  remembered: TemplateInstance | undefined,
): TemplateInstance {
  const unknown = {
    nodeAddress: '',
    nodeMeta: {},
    tags: [],
    meta: {},
    checks: [],
    status: 'passing' as const,
  }
  return { ...unknown, ...remembered, name, id, node, datacenter, ...server, serving: true }
}

function key({ node, id }: { readonly node: string; readonly id: string }): string {
  return `${node}/${id}`
}
