import type { RouteWord } from '../keys.ts'

/** The words of a route as text, by the rest of their canonical key. */
export type RouteWords = Readonly<Partial<Record<RouteWord, string>>>

/** A word of another proxy that isn't heeded, or for which a route is refused. Only `value` may hold any text. */
export type AliasNote = { readonly key: string; readonly value: string; readonly expected: string }

/** A route in our words. Nothing in it is validated yet, except that one value can't be taken for several. */
export type AliasRoute = { readonly id: string; readonly values: RouteWords }

export type RefusedRoute = AliasNote & { readonly id: string }

/** What an instance states in the words of one other proxy. */
export type AliasReading = {
  readonly routes: readonly AliasRoute[]
  /** Stated too, but they can't be served as they were meant. */
  readonly refused: readonly RefusedRoute[]
  readonly notes: readonly AliasNote[]
}

export const noAliases: AliasReading = { routes: [], refused: [], notes: [] }

/** What became of one word: words of ours, the refusal of its route, or a remark that it, or a part of it, has no effect. */
export type Outcome =
  | { readonly words: RouteWords; readonly unsupported?: string }
  | { readonly refuse: string }
  | { readonly unsupported: string }

/** What to tell of a route that matches any host in the other proxy. */
export const anyHost = 'a host; without one only the default name of the service is served'

export function statesRoutes({ routes, refused }: AliasReading): boolean {
  return routes.length + refused.length > 0
}

/** As Go's `ParseBool` reads it, which the other proxies use; null for anything else. */
export function readFlag(text: string): boolean | null {
  const word = text.trim().toLowerCase()
  if (['true', 't', '1'].includes(word)) return true
  return ['false', 'f', '0'].includes(word) ? false : null
}

/** The path that a server gets for a route's own: the stripped front is taken away, and the prefix put before the rest. */
export function rewrittenPath(path: string, strip: string | undefined, prefix: string): string {
  const front = strip === '/' ? '' : (strip ?? '')
  const rest = path.startsWith(front) ? path.slice(front.length) : path
  const joined = prefix.replace(/\/$/, '') + (rest === '' || rest.startsWith('/') ? rest : `/${rest}`)
  return joined === '' ? '/' : joined
}

/** A part of an untrusted name, fit to stand in a message by itself. */
export function shown(name: string): string {
  return name.slice(0, 64).replace(/[^A-Za-z0-9_.:/@$*-]/g, '?')
}

/** Gives out route ids of letters, digits, `-` and `_`, each once. They name the place, so that other routes can come and go. */
export function createIds(front: string): (name: string) => string {
  const taken = new Set<string>()
  return (name) => {
    const rest = name.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-+|-+$/g, '')
    const base = rest === '' ? front : `${front}-${rest.slice(0, 48)}`
    let id = base
    for (let twin = 2; taken.has(id); twin += 1) id = `${base}-${twin}`
    taken.add(id)
    return id
  }
}
