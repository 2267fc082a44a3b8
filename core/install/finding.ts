/**
 * Something about a host that matters to Quayside. `stop`: releases would fail on it; `look`: something would not be as it seems;
 * `note`: worth knowing.
 */
export type Finding = {
  readonly level: 'stop' | 'look' | 'note'
  readonly what: string
  /** What to do about it, as a full sentence. */
  readonly todo: string
}

const order = ['stop', 'look', 'note']

/** The weightiest first; otherwise in the order in which they were found. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
}
