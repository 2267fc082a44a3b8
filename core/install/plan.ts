import { sha256 } from '../canonical.ts'

/** A file that install wants to be there. */
export type Wish = {
  readonly path: string
  readonly text: string
  readonly mode: number
  /** For people: what it is. */
  readonly what: string
  /** Whether a newer version may replace what an earlier install wrote; settings and entry files belong to others from then on. */
  readonly renewed: boolean
  /** A text that may be replaced whoever wrote it. */
  readonly replaces?: string
}

/** One file that will change. */
export type Change = {
  readonly path: string
  readonly before: string | null
  readonly after: string
  readonly mode: number
  readonly what: string
  /** The lines put into a file of the operator's; absent for files of our own. */
  readonly inserted?: readonly string[]
}

/** What install did, for uninstall: it removes nothing else, and only what is still as it was written. */
export type InstallRecord = {
  readonly files: Readonly<Record<string, string>>
  readonly inserted: Readonly<Record<string, readonly string[]>>
  /** Those of both that nginx reads. */
  readonly conf: readonly string[]
  /** Created by install, outermost first. */
  readonly folders: readonly string[]
}

export const emptyRecord: InstallRecord = { files: {}, inserted: {}, conf: [], folders: [] }

export type FilePlan = { readonly changes: readonly Change[]; readonly kept: readonly string[] }

/** Compares what is wanted with what is there. A file that somebody changed is never replaced. */
export function planFiles(
  wishes: readonly Wish[],
  current: (path: string) => string | null,
  record: InstallRecord,
): FilePlan {
  const kept: string[] = []
  const changes = wishes.flatMap(({ renewed, text, replaces, ...wish }) => {
    const before = current(wish.path)
    if (before === text) return []
    const ours = before !== null && record.files[wish.path] === sha256(before)
    if (before === null || before === replaces || (renewed && ours)) return [{ ...wish, before, after: text }]
    if (renewed) kept.push(wish.path)
    return []
  })
  return { changes, kept }
}

/** The record after these changes. */
export function recordOf(
  before: InstallRecord,
  {
    files,
    conf,
    folders,
  }: { readonly [K in 'files' | 'conf']: readonly Change[] } & Pick<InstallRecord, 'folders'>,
): InstallRecord {
  const own = [...files, ...conf].filter(({ inserted }) => inserted === undefined)
  const edited = conf.flatMap(({ path, inserted = [] }) =>
    inserted.length === 0 ? [] : [[path, [...(before.inserted[path] ?? []), ...inserted]] as const],
  )
  return {
    files: { ...before.files, ...Object.fromEntries(own.map(({ path, after }) => [path, sha256(after)])) },
    inserted: { ...before.inserted, ...Object.fromEntries(edited) },
    conf: [...new Set([...before.conf, ...conf.map(({ path }) => path)])],
    folders: [...new Set([...before.folders, ...folders])],
  }
}
