import type { ListedCheck } from '../../core/catalog/parse-checks.ts'
import { pause } from '../pause.ts'
import { createFetchQueue } from './fetch-queue.ts'
import { censusDependency, createCensus } from './watch-census.ts'
import { type Follower, healthOf, type WatchContext } from './watch-context.ts'
import { doorbellDependencies, hangDoorbells } from './watch-doorbells.ts'
import { paced } from './watch-paced.ts'
import { fullReadEveryMs } from './watch-query.ts'

/** How many connections it holds besides those that fetch: names, checks, nodes, and the census. */
export const doorbellConnections = 4

const sweepEveryMs = 2_000

/**
 * Follows any number of services by few connections. What a doorbell names is fetched at once. Doorbells don't name everything: a
 * changed weight leaves names and tags as they are, and a check that passes may belong to a new instance. So each write to a check
 * is followed by a look at all checks, and each write to a service by a sweep over all services, at most every two seconds.
 */
export function followSwept(context: WatchContext, workers: number): Follower {
  const end = new AbortController()
  const { signal } = end
  const clock = { now: context.now, signal }
  let wanted: ReadonlySet<string> = new Set()
  let isReady = false

  const queue = createServiceQueue(context, workers, (name) => wanted.has(name), signal)
  const soon = (names: readonly string[]) => queue.soon(names.filter((name) => wanted.has(name)))
  const sweep = paced(sweepEveryMs, () => queue.later(worthwhile(wanted, context)), clock)
  const checksDiffer = (checks: readonly ListedCheck[]) => {
    const nodes = new Set(checks.filter(({ service }) => service === '').map(({ node }) => node))
    soon([...new Set(checks.map(({ service }) => service)), ...servicesOn(nodes, wanted, context)])
  }
  const census = createCensus(context, (found) => (found === null ? sweep() : checksDiffer(found)), signal)
  const rings = {
    onChecks: checksDiffer,
    onCheckWritten: census.take,
    onNodes: (nodes: ReadonlySet<string>) => soon(servicesOn(nodes, wanted, context)),
    onLost: () => {
      census.forget()
      sweep()
    },
  }
  void hangDoorbells(context, rings, signal).then(() => {
    isReady = true
    queue.soon(wanted)
  })
  void repeat(fullReadEveryMs, signal, () => queue.confirm(wanted))

  function follow(names: ReadonlySet<string>): void {
    const added = [...names].filter((name) => !wanted.has(name))
    for (const name of wanted) if (!names.has(name)) queue.forget(name)
    wanted = new Set(names)
    if (isReady) queue.soon(added)
  }

  return {
    follow,
    onNames: (differing, { anew, moved }) => {
      if (!isReady) return
      soon(differing)
      if (anew || moved) sweep()
    },
    stop: async () => {
      end.abort()
      for (const dependency of [...doorbellDependencies, censusDependency]) context.recovered(dependency)
      await queue.ended()
    },
  }
}

/** The first read of each service, and the one after a failure, is confirmed by a quorum; so is every one after `confirm`. */
function createServiceQueue(
  context: WatchContext,
  workers: number,
  isWanted: (name: string) => boolean,
  signal: AbortSignal,
) {
  const confirmed = new Set<string>()
  const fetch = async (name: string) => {
    const snapshot = context.parse(await context.read(healthOf(name), !confirmed.has(name), signal), name)
    if (!isWanted(name) || signal.aborted) return
    confirmed.add(name)
    context.recovered(healthOf(name))
    context.keep(snapshot)
  }
  const onFailure = (name: string, error: unknown) => {
    confirmed.delete(name)
    if (isWanted(name)) context.failed(healthOf(name), error)
  }
  const queue = createFetchQueue({ workers, fetch, onFailure, random: context.random, signal })
  const confirm = (names: Iterable<string>) => {
    confirmed.clear()
    queue.later(names)
  }
  return { ...queue, confirm }
}

/** One that isn't listed and has no instances can't get one without being listed. */
function worthwhile(names: ReadonlySet<string>, { held, listed }: WatchContext): readonly string[] {
  return [...names].filter(
    (name) => held(name)?.instances.length !== 0 || listed.current()?.has(name) === true,
  )
}

function servicesOn(nodes: ReadonlySet<string>, names: ReadonlySet<string>, { held }: WatchContext) {
  if (nodes.size === 0) return []
  return [...names].filter((name) => held(name)?.instances.some(({ node }) => nodes.has(node)))
}

async function repeat(everyMs: number, signal: AbortSignal, run: () => void): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs, signal)
    if (!signal.aborted) run()
  }
}
