/** List prices of us-east-1 in dollars, without free tiers, of November 2026. A month has 730 hours. */
export const prices = {
  /** Of one interface endpoint in one zone. */
  endpointHour: 0.01,
  endpointGb: 0.01,
  natGb: 0.045,
  /** On ARM. */
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  sqsRequest: 0.4 / 1e6,
  schedule: 1 / 1e6,
  s3Put: 0.005 / 1e3,
  /** Also of an answer that nothing changed. */
  s3Get: 0.0004 / 1e3,
  s3GbMonth: 0.023,
  kmsKey: 1,
  kmsSign: 0.15 / 1e4,
  secret: 0.4,
  secretRead: 0.05 / 1e4,
  metric: 0.3,
  alarm: 0.1,
  dashboard: 3,
  logGb: 0.5,
  logGbMonth: 0.03,
} as const
