import type { StaleSeeds } from './stale-seeds.ts'

/** How new content gets into use on a host whose nginx resolves its upstreams. */
export type ResolvePlan =
  /** It is another configuration: tested, loaded and confirmed, with fresh seeds. */
  | { readonly kind: 'reload' }
  /** The same configuration whose seeds must be replaced now. */
  | { readonly kind: 'seeds'; readonly urgent: boolean; readonly why: string }
  /** Addresses alone: nginx gets them by DNS. `seedsInMs` is when seeds are due to be replaced, null while all of them live. */
  | { readonly kind: 'dns'; readonly seedsInMs: number | null }

export type ResolveInput = {
  /** Config ids, which leave out seeds and what DNS says. */
  readonly wanted: string
  readonly confirmed: string
  readonly stale: StaleSeeds
  /** How long ago the seeds were loaded. */
  readonly seedsAgeMs: number
}

/** Seeds of stopped tasks cost at most one reload in this time: they get requests only where no address by DNS answers. */
export const seedIntervalMs = 60_000

export function resolvePlan({ wanted, confirmed, stale, seedsAgeMs }: ResolveInput): ResolvePlan {
  if (wanted !== confirmed) return { kind: 'reload' }
  const { gone, reused } = stale
  if (reused.length > 0) {
    const why = `backup addresses serve another service now: ${listed(reused)}`
    return { kind: 'seeds', urgent: true, why }
  }
  if (gone.length === 0) return { kind: 'dns', seedsInMs: null }
  const left = seedIntervalMs - seedsAgeMs
  if (left > 0) return { kind: 'dns', seedsInMs: left }
  return { kind: 'seeds', urgent: false, why: `backup addresses are gone: ${listed(gone)}` }
}

function listed(places: readonly string[]): string {
  const more = places.length - 3
  return `${places.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
