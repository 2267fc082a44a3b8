import { QuaysideError } from '../../../core/errors.ts'
import { followedSources } from '../../../core/publish/followed.ts'
import type { Layout } from '../../../core/release/layout.ts'
import type { FollowDeps } from '../../../functions/publish/follow.ts'
import type { SeenCatalog } from '../../../functions/publish/keeper.ts'
import { noNeeds } from '../../../functions/publish/needs.ts'

const patienceMs = 20_000

/**
 * Reads everything of the catalog that a publisher would follow, once, by the publisher's own watch. Throws what failed first, or
 * CONSUL_UNREACHABLE where it isn't complete in time: a plan from half a catalog would show losses that aren't there.
 */
export async function readOnce(
  deps: Pick<FollowDeps, 'operatorSources' | 'datacenters'>,
  watch: FollowDeps['watch'],
  layouts: readonly Layout[],
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
    const followed = followedSources(indexes, layouts, deps)
    watching.follow(followed, noNeeds)
    if ([...followed].every((source) => watching.services.has(source)))
      resolve({ services: new Map(watching.services), followed, indexes, others: watching.others })
  }

  const timer = setTimeout(() => reject(tooLate()), patienceMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await watching.stop()
  }
}

function tooLate(): QuaysideError {
  return new QuaysideError(
    'CONSUL_UNREACHABLE',
    `The catalog could not be read within ${patienceMs / 1000} s.`,
  )
}
