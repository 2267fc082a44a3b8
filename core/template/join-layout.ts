import { canonicalJson } from '../canonical.ts'
import type { Layout } from '../release/layout.ts'
import type { ReleaseParts } from './release-parts.ts'

/** Adds an operator's files to a layout of our own; the same layout and the same settings give the same object. */
export type JoinLayout = (layout: Layout, parts: ReleaseParts) => Layout

export function createLayoutJoin(): JoinLayout {
  let last: { readonly layout: Layout; readonly settings: string; readonly joined: Layout } | null = null
  return (layout, { files, volatile }) => {
    if (files.length + volatile.length === 0) return layout
    const settings = canonicalJson([files, volatile])
    if (last !== null && last.layout === layout && last.settings === settings) return last.joined
    const joined = {
      ...layout,
      files: [...layout.files, ...files],
      volatile: [...layout.volatile, ...volatile],
    }
    last = { layout, settings, joined }
    return joined
  }
}
