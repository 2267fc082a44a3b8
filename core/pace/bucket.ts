/** A bucket of tokens that fills evenly; each call takes one. Times are milliseconds of any steady clock. */
export type Bucket = { readonly tokens: number; readonly at: number }

export type Rate = {
  readonly perSecond: number
  /** How many may go at once after a rest. */
  readonly burst: number
}

export function fullBucket(rate: Rate, at: number): Bucket {
  return { tokens: rate.burst, at }
}

/** Takes a token, one that isn't there yet if need be: `waitMs` says how long until it is. */
export function take(
  bucket: Bucket,
  rate: Rate,
  now: number,
): { readonly bucket: Bucket; readonly waitMs: number } {
  const filled = Math.min(rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) * rate.perSecond) / 1_000)
  const tokens = filled - 1
  return {
    bucket: { tokens, at: now },
    waitMs: tokens >= 0 ? 0 : Math.ceil((-tokens / rate.perSecond) * 1_000),
  }
}
