import {
  type CheckList,
  differingChecks,
  type ListedCheck,
  parseChecks,
} from '../../core/catalog/parse-checks.ts'
import { parseNodes } from '../../core/catalog/parse-nodes.ts'
import { isRetryable } from '../../core/errors.ts'
import type { WatchContext } from './watch-context.ts'
import type { WatchAnswer } from './watch-query.ts'

export type Rings = {
  /** These checks don't say what they said before. */
  readonly onChecks: (differing: readonly ListedCheck[]) => void
  /** Some check was written, whether it is among those that `onChecks` named or not. */
  readonly onCheckWritten: () => void
  /** These nodes have another address, or came or went. */
  readonly onNodes: (nodes: ReadonlySet<string>) => void
  /** Anything may have happened unheard. */
  readonly onLost: () => void
}

type Addresses = ReadonlyMap<string, string>

/**
 * Two blocking queries that ring for a whole datacenter. Consul wakes a query about critical checks only for those that become or
 * cease to be critical; one about all checks wakes for every write, and the filter keeps its answer small. Resolves when both have
 * answered or failed once: what is read from then on can't miss a ring.
 */
export async function hangDoorbells(context: WatchContext, rings: Rings, signal: AbortSignal): Promise<void> {
  await Promise.all([watchChecks(context, rings, signal), watchNodes(context, rings, signal)])
}

/** Told as recovered when nothing listens any more. */
export const doorbellDependencies = ['health/state/any', 'catalog/nodes']

function watchChecks(context: WatchContext, rings: Rings, signal: AbortSignal): Promise<void> {
  let known: CheckList | null = null
  const { heard, onAnswer, onFailure } = listen(rings, rings.onCheckWritten)
  void context.watch('health/state/any', {
    query: { filter: 'Status != "passing"' },
    parse: parseChecks,
    onData: (checks) => {
      const before = known
      known = checks
      if (before !== null) rings.onChecks(differingChecks(before, checks))
    },
    ...{ onAnswer, onFailure, signal },
  })
  return heard
}

function watchNodes(context: WatchContext, rings: Rings, signal: AbortSignal): Promise<void> {
  let known: Addresses | null = null
  const { heard, onAnswer, onFailure } = listen(rings, () => {})
  void context.watch('catalog/nodes', {
    parse: (body): Addresses =>
      new Map(parseNodes(body, '').map(({ node, address }) => [node, address] as const)),
    onData: (nodes) => {
      const before = known
      known = nodes
      if (before !== null) rings.onNodes(differingNodes(before, nodes))
    },
    ...{ onAnswer, onFailure, signal },
  })
  return heard
}

/** What both bells have in common. */
function listen(rings: Rings, onWritten: () => void) {
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  let isFirst = true
  const once = () => {
    isFirst = false
    resolve()
  }
  const onAnswer = ({ anew, moved }: WatchAnswer) => {
    if (anew && !isFirst) rings.onLost()
    else if (moved && !isFirst) onWritten()
    once()
  }
  const onFailure = (error: unknown) => {
    // Asking again won't help, so nothing will ring; while Consul is merely away, reading more would only add to its load.
    if (!isRetryable(error) && !isFirst) rings.onLost()
    once()
  }
  return { heard, onAnswer, onFailure }
}

function differingNodes(before: Addresses, after: Addresses): ReadonlySet<string> {
  const all = new Set([...before.keys(), ...after.keys()])
  return new Set([...all].filter((node) => before.get(node) !== after.get(node)))
}
