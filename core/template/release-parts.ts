import { sha256 } from '../canonical.ts'
import type { VolatileRef } from '../release/channel.ts'
import type { Layout, LayoutFile, VolatileFile } from '../release/layout.ts'
import { type Need, parseNeed } from './need.ts'
import { type OperatorFile, operatorFolder } from './operator-files.ts'
import { parseStoredTemplate, serialiseTemplate } from './template.ts'

/** What an operator's files are in a release: entries of the layout, references of the pointer, and what must be stored. */
export type ReleaseParts = {
  readonly files: readonly LayoutFile[]
  readonly volatile: readonly VolatileFile[]
  readonly refs: readonly VolatileRef[]
  readonly blobs: readonly string[]
  /** Whether every file has its bytes; without them hosts refuse the release. */
  readonly isComplete: boolean
}

export function releaseParts(files: readonly OperatorFile[]): ReleaseParts {
  return {
    files: files.flatMap(({ path, context, ref, volatile }) =>
      volatile === null && ref !== null ? [{ path, context, ...ref }] : [],
    ),
    volatile: files.flatMap(({ path, context, volatile }) => {
      if (volatile === null) return []
      const { template, queries } = volatile
      return [{ path, context, template: sha256(serialiseTemplate(template)), queries }]
    }),
    refs: files.flatMap(({ path, context, ref, volatile }) =>
      volatile === null || ref === null ? [] : [{ path, context, ...ref }],
    ),
    blobs: files.flatMap(({ blobs }) => blobs),
    isComplete: files.every(({ ref }) => ref !== null),
  }
}

/**
 * The operator's files of a stored layout. `refs` are the pointer's; a file that it doesn't name, as of a layout that was pinned a moment
 * ago, has no bytes yet. `templates` are the blobs that the layout names, by digest; throws
 * RELEASE_INVALID for one that is malformed.
 */
export function operatorFilesOf(
  { files, volatile }: Layout,
  refs: readonly VolatileRef[],
  templates: ReadonlyMap<string, string>,
): readonly OperatorFile[] {
  const settings = files
    .filter(({ path }) => path.startsWith(operatorFolder))
    .map(({ path, context, sha256: digest, size }): OperatorFile => {
      return { path, context, ref: { sha256: digest, size }, volatile: null, blobs: [] }
    })
  const made = volatile.flatMap(({ path, context, template, queries }): readonly OperatorFile[] => {
    const stored = templates.get(template)
    if (stored === undefined) return []
    const found = refs.find((ref) => ref.path === path)
    const ref = found === undefined ? null : { sha256: found.sha256, size: found.size }
    return [{ path, context, ref, volatile: { template: parseStoredTemplate(stored), queries }, blobs: [] }]
  })
  return [...settings, ...made]
}

/** What the templates of these layouts read, so that it goes on being watched. */
export function layoutNeeds(layouts: readonly Layout[]): readonly Need[] {
  const queries = new Set(layouts.flatMap(({ volatile }) => volatile.flatMap((file) => file.queries)))
  return [...queries].map(parseNeed)
}
