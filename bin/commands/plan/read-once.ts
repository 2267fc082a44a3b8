import { QuaysideError } from '../../../core/errors.ts'
import { followedSources } from '../../../core/publish/followed.ts'
import type { Layout } from '../../../core/release/layout.ts'
import { type Need, needText } from '../../../core/template/need.ts'
import type { FollowDeps } from '../../../functions/publish/follow.ts'
import type { SeenCatalog } from '../../../functions/publish/keeper.ts'
import { serviceSources } from '../../../functions/publish/needs.ts'

const patienceMs = 20_000

/**
 * Reads everything of the catalog that a publisher would follow, once, by the publisher's own watch. Throws what failed first, or
 * CONSUL_UNREACHABLE where it isn't complete in time: a plan from half a catalog would show losses that aren't there.
 */
export async function readOnce(
  deps: Pick<FollowDeps, 'operatorSources' | 'datacenters'>,
  watch: FollowDeps['watch'],
  layouts: readonly Layout[],
  needs: readonly Need[],
): Promise<SeenCatalog> {
  const { promise, resolve, reject } = Promise.withResolvers<SeenCatalog>()
  const watching = watch({
    onChange: () => queueMicrotask(look),
    // Each request was tried for two seconds already, and a person can try again.
    onFailure: (_dependency, error) => reject(error),
    onRecovery: () => {},
    remainingMs: () => patienceMs,
  })

  function look(): void {
    const indexes = watching.indexes()
    if (indexes.size < deps.datacenters.length) return
    const operatorSources = [...deps.operatorSources, ...serviceSources(needs, deps.datacenters)]
    const followed = followedSources(indexes, layouts, { ...deps, operatorSources })
    watching.follow(followed, needs)
    const { others } = watching
    if (
      [...followed].every((source) => watching.services.has(source)) &&
      needs.every((need) => isRead(need, others))
    )
      resolve({ services: new Map(watching.services), followed, indexes, others: kept(needs, others) })
  }

  const timer = setTimeout(() => reject(tooLate()), patienceMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await watching.stop()
  }
}

/** Services are looked for among the sources. */
function isRead(need: Need, others: Others): boolean {
  return need.kind === 'service' || need.kind === 'services' || found(need, others) !== undefined
}

type Others = SeenCatalog['others']

function found(need: Need, others: Others): unknown {
  if ('path' in need) return others[need.kind](need.path, need.datacenter)
  if (need.kind === 'nodes') return others.nodes(need.datacenter)
  return need.kind === 'node' ? others.node(need.name, need.datacenter) : null
}

/** A watch that has ended knows nothing any more, so what it found is kept. */
function kept(needs: readonly Need[], others: Others): Others {
  const values = new Map(needs.map((need) => [needText(need), found(need, others)]))
  const value = (need: Need) => values.get(needText(need))
  return {
    key: (path, datacenter) => value({ kind: 'key', path, datacenter }) as ReturnType<Others['key']>,
    folder: (path, datacenter) => value({ kind: 'folder', path, datacenter }) as ReturnType<Others['folder']>,
    nodes: (datacenter) => value({ kind: 'nodes', datacenter }) as ReturnType<Others['nodes']>,
    node: (name, datacenter) => value({ kind: 'node', name, datacenter }) as ReturnType<Others['node']>,
  }
}

function tooLate(): QuaysideError {
  return new QuaysideError(
    'CONSUL_UNREACHABLE',
    `The catalog could not be read within ${patienceMs / 1000} s.`,
  )
}
