import { isRouteWord } from '../keys.ts'
import { type Problem, shorten } from '../problem.ts'
import { type Labels, routePrefix, type Statement } from '../statement.ts'

export type Settled = {
  readonly labels: Labels
  readonly problems: readonly Problem[]
  /** Whether routes were stated and none of them is left. */
  readonly isEmpty: boolean
}

/**
 * A route in the words of another proxy that can't be served keeps its own last good settings, or is left out; the service's other
 * routes go on. `problemsOf` says what is wrong with labels, by the rules that hold for every label.
 */
export function settleAliases(
  source: string,
  { labels, aliases, refused }: Pick<Statement, 'labels' | 'aliases' | 'refused'>,
  known: Labels | null,
  problemsOf: (labels: Labels) => readonly Problem[],
): Settled {
  const isRight = refused.length === 0 && (aliases.length === 0 || problemsOf(labels).length === 0)
  if (isRight) return { labels, problems: [], isEmpty: false }
  // One id may begin with another, as those of routers `web` and `web-api` do.
  const isOf = (id: string) => (key: string) =>
    key.startsWith(routePrefix(id)) && isRouteWord(key.slice(routePrefix(id).length))
  const common = pick(labels, (key) => !aliases.some((id) => isOf(id)(key)))
  const read = aliases.map((id) => {
    const own = pick(labels, isOf(id))
    return { id, own, problems: problemsOf({ ...common, ...own }) }
  })
  /** What was right before and isn't any more says that the operator's settings changed; it is of no use then. */
  const lastGood = (id: string) => {
    const last = pick(known ?? {}, isOf(id))
    return Object.keys(last).length === 0 || problemsOf({ ...common, ...last }).length > 0 ? null : last
  }
  const bad = [
    ...read.filter(({ problems }) => problems.length > 0),
    ...refused.map(({ id, key, value, expected }) => ({
      id,
      problems: [refusal(source, key, value, expected)],
    })),
  ].map((one) => ({ ...one, last: lastGood(one.id) }))
  const good = read.filter(({ problems }) => problems.length === 0).map(({ own }) => own)
  const routes = [...good, ...bad.flatMap(({ last }) => (last === null ? [] : [last]))]
  return {
    labels: Object.assign({}, common, ...routes),
    problems: bad.flatMap(({ problems, last }) => {
      const effect = last === null ? ('left-out' as const) : ('last-good' as const)
      return problems.map((problem) => ({ ...problem, effect }))
    }),
    isEmpty: routes.length === 0,
  }
}

function pick(labels: Labels, wanted: (key: string) => boolean): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => wanted(key)))
}

function refusal(service: string, key: string, value: string, expected: string): Problem {
  return {
    kind: 'invalid',
    effect: 'left-out',
    service,
    key: shorten(key),
    value: shorten(value),
    expected: shorten(expected),
  }
}
