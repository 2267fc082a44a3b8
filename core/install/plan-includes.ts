import { withInsertion } from './insert.ts'
import type { MainConf, Placement } from './place-include.ts'
import type { Change, Wish } from './plan.ts'

/** What makes nginx read the entry files: files of our own, and an edit of the main configuration where it takes one. */
export type IncludePlan = {
  readonly wishes: readonly Wish[]
  readonly edit: Change | null
  /** What the operator has to do by hand. */
  readonly byHand: readonly string[]
}

export function planIncludes(main: MainConf, placements: readonly Placement[]): IncludePlan {
  const wishes = placements.flatMap((one) => (one.kind === 'file' ? [wishOf(one)] : []))
  const insertions = placements.flatMap((one) => (one.kind === 'edit' ? [one.insertion] : []))
  // From the end of the file on, so that the places of the others stay right.
  const after = [...insertions].sort((a, b) => b.at - a.at).reduce(withInsertion, main.text)
  const what = 'the main configuration of nginx: its includes of the entry files'
  const inserted = insertions.map(({ text }) => text)
  return {
    wishes,
    edit:
      insertions.length === 0
        ? null
        : { path: main.path, before: main.text, after, mode: 0o644, what, inserted },
    byHand: placements.flatMap((one) => (one.kind === 'by-hand' ? [one.why] : [])),
  }
}

function wishOf({ path, text }: { readonly path: string; readonly text: string }): Wish {
  return { path, text, mode: 0o644, what: 'makes nginx read an entry file', renewed: true }
}
