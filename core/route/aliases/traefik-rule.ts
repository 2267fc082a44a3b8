import { type Reading, readHost, readPath } from '../fields.ts'

/** One way to match a rule: null matches any host or path. */
export type Match = {
  readonly hosts: readonly string[] | null
  readonly path: { readonly text: string; readonly type: 'prefix' | 'exact' } | null
}

type Token = { readonly kind: '||' | '&&' | '(' | ')' } | { readonly kind: 'call'; readonly matches: Matches }
type Matches = readonly Match[]

const longestRule = 4_096
const mostMatches = 64
const deepest = 32
const grammar =
  'Host(`…`), PathPrefix(`…`) and Path(`…`), joined by &&, || and parentheses, at most one host and one path by &&'

/**
 * Reads a rule of Traefik in the part of its grammar that nginx's hosts and locations can say: alternatives, in their order, each
 * with hosts and a path. Anything else is refused as a whole, since half a condition would match too much.
 */
export function parseRule(rule: string): Reading<Matches> {
  if (rule.length > longestRule) return { expected: `a rule of at most ${longestRule} characters` }
  const tokens = readTokens(rule)
  if ('expected' in tokens) return tokens
  const matches = parseTokens(tokens.value)
  return matches === null ? { expected: grammar } : { value: joinHosts(matches) }
}

// The quoted arguments of a call, which can't contain their own quotation mark.
const quoted = '(?:`[^`]*`|"[^"]*")'
const tokenPattern = new RegExp(
  `\\s*(?:(\\|\\||&&|[()])|([A-Za-z]+)\\(\\s*(${quoted}(?:\\s*,\\s*${quoted})*)\\s*\\))\\s*`,
  'y',
)
const quotedPattern = new RegExp(quoted, 'g')

function readTokens(rule: string): Reading<readonly Token[]> {
  const tokens: Token[] = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < rule.length) {
    const [, sign, name = '', args = ''] = tokenPattern.exec(rule) ?? []
    if (sign === undefined && name === '') return { expected: grammar }
    if (sign !== undefined) {
      tokens.push({ kind: sign as '||' | '&&' | '(' | ')' })
      continue
    }
    const matches = readCall(name.toLowerCase(), args.match(quotedPattern) ?? [])
    if ('expected' in matches) return matches
    tokens.push({ kind: 'call', matches: matches.value })
  }
  return { value: tokens }
}

function readCall(name: string, quotedArgs: readonly string[]): Reading<Matches> {
  const args = quotedArgs.map((arg) => arg.slice(1, -1))
  if (name === 'host') {
    const wrong = args.map(readHost).find((one) => 'expected' in one)
    if (wrong !== undefined && 'expected' in wrong) return wrong
    // Traefik knows no wildcard in Host(), so it would serve nothing where we would serve everything.
    if (args.some((arg) => arg.startsWith('*'))) return { expected: 'a host without a wildcard' }
    return { value: [{ hosts: args.map((arg) => arg.toLowerCase().replace(/\.$/, '')), path: null }] }
  }
  if (name !== 'pathprefix' && name !== 'path') return { expected: grammar }
  const wrong = args.map(readPath).find((one) => 'expected' in one)
  if (wrong !== undefined && 'expected' in wrong) return wrong
  const type = name === 'path' ? ('exact' as const) : ('prefix' as const)
  return { value: args.map((text) => ({ hosts: null, path: { text, type } })) }
}

/** `&&` binds before `||`, as in Go. Null for what isn't a rule, or has too many alternatives. */
function parseTokens(tokens: readonly Token[]): Matches | null {
  let at = 0
  const skip = (kind: Token['kind']) => {
    const found = tokens[at]?.kind === kind
    if (found) at += 1
    return found
  }
  function alternatives(depth: number): Matches | null {
    let all = conjunction(depth)
    while (all !== null && skip('||')) {
      const more = conjunction(depth)
      all = more === null ? null : bounded([...all, ...more])
    }
    return all
  }
  function conjunction(depth: number): Matches | null {
    let all = condition(depth)
    while (all !== null && skip('&&')) {
      const more = condition(depth)
      all = more === null ? null : both(all, more)
    }
    return all
  }
  function condition(depth: number): Matches | null {
    const token = tokens[at]
    if (token?.kind === 'call') {
      at += 1
      return bounded(token.matches)
    }
    if (depth >= deepest || !skip('(')) return null
    const inner = alternatives(depth + 1)
    return skip(')') ? inner : null
  }
  const matches = alternatives(0)
  return at === tokens.length ? matches : null
}

function both(left: Matches, right: Matches): Matches | null {
  if (left.length * right.length > mostMatches) return null
  const pairs = left.flatMap((one) => right.map((other) => ({ one, other })))
  const isDouble = pairs.some(
    ({ one, other }) =>
      (one.hosts !== null && other.hosts !== null) || (one.path !== null && other.path !== null),
  )
  if (isDouble) return null
  return pairs.map(({ one, other }) => ({ hosts: one.hosts ?? other.hosts, path: one.path ?? other.path }))
}

function bounded(matches: Matches): Matches | null {
  return matches.length <= mostMatches ? matches : null
}

/** Alternatives of the same path become one with all their hosts. */
function joinHosts(matches: Matches): Matches {
  const byPath = Map.groupBy(matches, ({ hosts, path }) => JSON.stringify([hosts === null, path]))
  return [...byPath.values()].map((same) => {
    const hosts = same.flatMap((one) => one.hosts ?? [])
    return { hosts: hosts.length === 0 ? null : [...new Set(hosts)], path: same[0]?.path ?? null }
  })
}
