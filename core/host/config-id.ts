import { digestOf, sha256 } from '../canonical.ts'
import type { VolatileRef } from '../release/channel.ts'

/** What makes two configurations of this host the same to nginx. */
export type ConfigParts = {
  readonly layout: string
  /** As rendered for this host; addresses that a mode changes without a reload are left out by whoever renders them. */
  readonly upstreams: { readonly http: string; readonly stream: string }
  readonly volatile: readonly VolatileRef[]
  /** Changes that this host makes to layout files, as text; empty where it makes none. */
  readonly local: string
}

/** The name of what nginx runs: its entry files answer it, so that a probe tells which configuration a worker has. */
export function configId({ layout, upstreams, volatile, local }: ConfigParts): string {
  return digestOf({
    layout,
    upstreams: { http: sha256(upstreams.http), stream: sha256(upstreams.stream) },
    volatile: volatile.map(({ path, sha256: digest }) => ({ path, digest })),
    ...(local === '' ? {} : { local }),
  })
}

/**
 * What the entry files answer where nginx resolves upstreams: the config id with the seeds, which another reload may replace while the
 * config id stays. It begins like the config id, and so do the lines that name it in short.
 */
export function loadedId(configId: string, seeds: string): string {
  return `${configId.slice(0, 48)}${seeds.slice(0, 16)}`
}
