/** What is in the state directory, and what each staged configuration was made of. */
export type Inventory = {
  readonly releases: readonly { readonly id: string; readonly blobs: readonly string[] }[]
  readonly blobs: readonly string[]
  /** Names of unfinished work: directories and files that a killed agent left. */
  readonly temporary: readonly string[]
}

export type PrunePlan = {
  readonly releases: readonly string[]
  readonly blobs: readonly string[]
  readonly temporary: readonly string[]
}

/**
 * What may be removed: everything but the configurations in `keep` (loaded, confirmed, previous, pending, and whatever an entry file
 * names) with the blobs they were made of, and the blobs in `wanted`. It runs before a download, so that a full disk can't wedge the host.
 */
export function prunePlan(
  inventory: Inventory,
  keep: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): PrunePlan {
  const kept = inventory.releases.filter(({ id }) => keep.has(id))
  const used = new Set([...wanted, ...kept.flatMap(({ blobs }) => blobs)])
  return {
    releases: inventory.releases.filter(({ id }) => !keep.has(id)).map(({ id }) => id),
    blobs: inventory.blobs.filter((blob) => !used.has(blob)),
    temporary: inventory.temporary,
  }
}
