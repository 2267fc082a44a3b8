import type { UpstreamSettings } from '../release/layout.ts'
import { nameFor } from '../render/names.ts'
import { isSameItems } from '../same-items.ts'
import type { Claim } from './claims.ts'
import type { Decision } from './decide.ts'
import type { Problem } from './problem.ts'
import { isStream, type Route } from './route.ts'

/** By the first claim. Claims are never changed: the same ones share the same upstream. */
const known = new WeakMap<
  Claim,
  { readonly claims: Decision['claims']; readonly upstream: UpstreamSettings }
>()

/** The upstream of one place; the same object for the same claims. */
export function upstreamOf(decision: Decision): UpstreamSettings {
  const { claims } = decision
  const before = known.get(claims[0])
  if (before !== undefined && isSameItems(claims, before.claims)) return before.upstream
  const upstream = makeUpstream(decision)
  known.set(claims[0], { claims, upstream })
  return upstream
}

/**
 * Where a group shares it, the settings of its first member hold. Its name covers everything that it
 * is, and the protocol too: idle connections with and without TLS must not meet in one pool.
 */
function makeUpstream({ claims: [first, ...others] }: Decision): UpstreamSettings {
  const { pass, balance } = first.route
  const shared = others.length > 0
  const sources = [first, ...others].map(({ source, route }) => ({
    share: shared || route.weight === 0 ? route.weight : 100,
    source,
  }))
  const context = isStream(pass.protocol) ? ('stream' as const) : ('http' as const)
  const slug = first.source.slice(0, first.source.lastIndexOf('@'))
  const { failTimeoutSeconds, keepalive, maxConns, maxFails, method, sticky } = balance
  // In the order of the keys, here and below, which spares sorting them for each of thousands of digests.
  const front = {
    ...{ context, failTimeoutSeconds, keepalive },
    ...(maxConns === undefined ? {} : { maxConns }),
    ...{ maxFails, method },
  }
  const back = { sources, ...(sticky === undefined ? {} : { sticky }) }
  return { ...front, name: nameFor(slug, { ...front, protocol: pass.protocol, ...back }), ...back }
}

const none: readonly Problem[] = []

/** Members of a group whose settings aren't those of the first, which hold for all. */
export function differingMembers({ key, claims: [first, ...others] }: Decision): readonly Problem[] {
  if (others.length === 0) return none
  const expected = `the settings of ${first.source}, which hold for the whole group`
  return others
    .filter(({ route }) => settingsText(route) !== settingsText(first.route))
    .map(({ source }) => ({
      kind: 'group-differs' as const,
      effect: 'none' as const,
      service: source,
      key: 'route',
      value: key,
      expected,
    }))
}

/** A place whose members all have weight 0: it is held, and nobody may answer there, which is seldom what was meant. */
export function weightless({ claims: [first, ...others] }: Decision): readonly Problem[] {
  if (first.route.weight > 0) return none
  if ([first, ...others].some(({ route }) => route.weight > 0 || route.redirect !== null)) return none
  return [
    {
      kind: 'invalid',
      effect: 'none',
      service: first.source,
      key: 'nginx-weight',
      value: '0',
      expected: `a weight above 0 ${others.length === 0 ? 'here' : 'of one member of the group'}; until then nginx answers 503`,
    },
  ]
}

function settingsText({ pass, balance, strip, rewrite, redirect, https, certificate }: Route): string {
  return JSON.stringify([pass, balance, strip, rewrite, redirect, https, certificate])
}
