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
  const [p50, p99, max] = [percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)]
  return { count: samples.length, p50, p99, max }
}

/** The nearest rank at `part` of the samples (0.5 is the median), in tenths; 0 where there are none. */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const index = Math.max(0, Math.ceil(sorted.length * part) - 1)
  return tenths(sorted[index] ?? 0)
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
