import type { PublisherState } from '../../core/publish/state.ts'
import { parseState, partsNamed } from '../../core/publish/stored-state.ts'
import type { ReleaseStore } from './channel.ts'

export type ReadState = { readonly state: PublisherState; readonly stateParts: ReadonlySet<string> }

/** Reads a state with all its parts, each checked against its digest. */
export async function readState(
  { readBlob }: Pick<ReleaseStore, 'readBlob'>,
  digest: string,
): Promise<ReadState> {
  const root = await readBlob(digest)
  const stateParts = new Set(partsNamed(root))
  const read = await Promise.all([...stateParts].map(async (part) => [part, await readBlob(part)] as const))
  const contents = new Map(read)
  return { state: parseState(root, (part) => contents.get(part) ?? ''), stateParts }
}

/** The parts that must be stored. */
export function newParts(parts: ReadonlyMap<string, string>, stored: ReadonlySet<string>): readonly string[] {
  return [...parts].flatMap(([digest, text]) => (stored.has(digest) ? [] : [text]))
}
