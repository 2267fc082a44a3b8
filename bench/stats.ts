/** A row of a benchmark: whole milliseconds over `count` samples. */
export type Summary = {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Nearest-rank percentiles; null when there is nothing to summarise. */
export function summarise(samples: readonly number[]): Summary | null {
  if (samples.length === 0) return null
  const sorted = [...samples].sort((a, b) => a - b)
  return { count: sorted.length, p50: rank(sorted, 0.5), p99: rank(sorted, 0.99), max: rank(sorted, 1) }
}

function rank(sorted: readonly number[], part: number): number {
  const index = Math.max(0, Math.ceil(sorted.length * part) - 1)
  return Math.round((sorted[index] ?? 0) * 10) / 10
}
