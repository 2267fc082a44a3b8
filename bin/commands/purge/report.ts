import type { Kept } from '../../../core/purge/holdings.ts'
import { table } from '../../../local/table.ts'
import type { PurgeOptions } from './options.ts'
import type { Removed } from './remove.ts'

export type PurgeRecord = {
  readonly cluster: string
  readonly deployment: string
  readonly prefix: string
  readonly outcome: 'removed' | 'nothing' | 'dry-run' | 'declined'
  /** What was removed, or would be for `dry-run` and `declined`. */
  readonly entries: Removed
  readonly kept: readonly Kept[]
  readonly ms: number
}

export function recordOf(
  options: PurgeOptions,
  outcome: PurgeRecord['outcome'],
  entries: Removed,
  kept: readonly Kept[],
  ms: number,
): PurgeRecord {
  const { arn, deployment, prefix } = options
  return { cluster: arn, deployment, prefix, outcome, entries, kept, ms }
}

const shownMost = 10

/** What is, was or would be removed and what stays, for a terminal of 80 columns. `verb` heads the column of counts. */
export function tableOf(verb: string, entries: Removed, kept: readonly Kept[]): string {
  const rows: readonly (readonly [string, number])[] = [
    ['instances, with their checks', entries.instances],
    ['ledger entries', entries.ledgerEntries],
    ['host index keys', entries.hostKeys],
    ['stamp, lease, absence marks', entries.bookkeeping],
    ['node', entries.node ? 1 : 0],
  ]
  return `${table(['', verb], rows)}${keptLines(kept)}`
}

function keptLines(kept: readonly Kept[]): string {
  if (kept.length === 0) return ''
  const lines = kept.slice(0, shownMost).map(({ what, name, why }) => `  ${what} ${name}: ${why}`)
  const more = kept.length > shownMost ? [`  and ${kept.length - shownMost} more (--json lists all)`] : []
  return `\n\nThese stay:\n${[...lines, ...more].join('\n')}`
}
