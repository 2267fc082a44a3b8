import { sha256 } from '../canonical.ts'
import { begin, withoutInserted } from './insert.ts'
import type { InstallRecord } from './plan.ts'

/** What uninstall does with one file: `after` null removes it. */
export type Undo = { readonly path: string; readonly before: string; readonly after: string | null }

export type UndoPlan = {
  readonly undos: readonly Undo[]
  /** Why a file stays, by its path. */
  readonly kept: Readonly<Record<string, string>>
}

/** Takes back what install wrote where it is still as it was written; what is already gone counts as done. */
export function planUndo(record: InstallRecord, current: (path: string) => string | null): UndoPlan {
  const undos: Undo[] = []
  const kept: Record<string, string> = {}
  for (const [path, inserted] of Object.entries(record.inserted)) {
    const before = current(path)
    if (before === null || !before.includes(begin)) continue
    // A run that was cut short may have recorded lines that it never wrote.
    const after = inserted.reduce((text, lines) => withoutInserted(text, lines) ?? text, before)
    if (after.includes(begin))
      kept[path] = 'the lines of install are not in it as they were written: remove them by hand'
    else undos.push({ path, before, after })
  }
  for (const [path, digest] of Object.entries(record.files)) {
    const before = current(path)
    if (before === null) continue
    if (sha256(before) === digest) undos.push({ path, before, after: null })
    else kept[path] = 'it was changed since install wrote it'
  }
  return { undos, kept }
}
