import { judgeService } from '../../../core/catalog/judge.ts'
import type { CatalogCheck, ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import type { TemplateInstance } from '../../../core/template/data.ts'
import type { CatalogFile } from '../../../core/template/snapshot.ts'

export type JudgedCatalog = {
  /** Without the instances whose address can't be used, as templates of a publisher never see them. */
  readonly catalog: CatalogFile
  /** As the catalog states them, for routing. */
  readonly services: readonly ServiceSnapshot[]
  /** One sentence each. */
  readonly problems: readonly string[]
}

/** Holds a catalog to the allowed networks and to one server per address and port, as a publisher does. */
export function judgeCatalog(catalog: CatalogFile, networks: readonly string[]): JudgedCatalog {
  const byService = Map.groupBy(catalog.instances, ({ name, datacenter }) => `${name}@${datacenter}`)
  const groups = catalog.services.map(({ name, datacenter }) => {
    const own = byService.get(`${name}@${datacenter}`) ?? []
    const service: ServiceSnapshot = { name, datacenter, instances: own.map(fromFile) }
    const judged = judgeService(service, { deployment: '', homes: [], prefix: '', datacenter, networks })
    const usable = new Map(judged.instances.map((one) => [key(one), one.server]))
    const kept = own.flatMap((one) => {
      const server = usable.get(key(one))
      return server === undefined ? [] : [{ ...one, ...server }]
    })
    return { service, kept, problems: judged.problems }
  })
  const problems = groups.flatMap((group) => group.problems)
  return {
    catalog: { ...catalog, instances: groups.flatMap(({ kept }) => kept) },
    services: groups.map(({ service }) => service),
    problems: problems.map(
      ({ service, instance, problem }) => `${service}: instance ${instance}: ${problem}`,
    ),
  }
}

function fromFile(one: TemplateInstance): ServiceSnapshot['instances'][number] {
  const { datacenter, node, id, name, address, port, weight, tags, meta } = one
  return { datacenter, node, id, service: name, address, port, weight, tags, meta, checks: checksOf(one) }
}

/** A status that no check explains is a check of its own. */
function checksOf({ id, checks, status }: TemplateInstance): readonly CatalogCheck[] {
  if (checks.length > 0 || status === 'passing') return checks
  const own = { serviceId: id, output: '' }
  if (status === 'maintenance') return [{ ...own, id: `_service_maintenance:${id}`, status: 'critical' }]
  return [{ ...own, id: `${id}:stated`, status }]
}

function key({ node, id }: { readonly node: string; readonly id: string }): string {
  return `${node}/${id}`
}
