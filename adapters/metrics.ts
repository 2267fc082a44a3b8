import {
  type CountName,
  type MetricName,
  metricDimensions,
  metricNamespace,
  metrics,
  type TimeName,
} from '../core/settings/metric-names.ts'
import { writeLine } from './log.ts'

/** Collects what happens until `flush`, so that an invocation costs one log line and not one per metric. */
export type Metrics = {
  readonly count: (name: CountName, value?: number, cluster?: string) => void
  readonly milliseconds: (name: TimeName, value: number, cluster?: string) => void
  /** Writes what was collected, if anything: one line for the deployment and one for each cluster. */
  readonly flush: () => void
}

/** For programs that nobody measures. */
export const noMetrics: Metrics = { count: () => {}, milliseconds: () => {}, flush: () => {} }

// CloudWatch takes at most so many values of one metric from one line.
const mostValues = 100

/** By metric name. A count is one number; of times each is kept, so that CloudWatch can give percentiles. */
type Collected = Map<MetricName, number[]>

/** Metrics as log lines in CloudWatch's embedded format: no SDK, no network call, and no permission beyond logging. */
export function createMetrics(
  deployment: string,
  write: (line: string) => void = writeLine,
  now: () => number = () => Date.now(),
): Metrics {
  // The empty name stands for the whole deployment.
  const collected = new Map<string, Collected>()

  function valuesOf(name: MetricName, cluster: string): number[] {
    const own = collected.get(cluster) ?? new Map<MetricName, number[]>()
    const values = own.get(name) ?? []
    collected.set(cluster, own.set(name, values))
    return values
  }

  return {
    count: (name, value = 1, cluster = '') => {
      const values = valuesOf(name, cluster)
      values[0] = (values[0] ?? 0) + value
    },
    milliseconds: (name, value, cluster = '') => {
      valuesOf(name, cluster).push(Math.max(0, Math.round(value)))
    },
    flush: () => {
      for (const [cluster, own] of collected) {
        for (const part of parts(own)) write(JSON.stringify(document(deployment, cluster, part, now())))
      }
      collected.clear()
    },
  }
}

/** Values that exceed one line go into further ones. */
function parts(collected: Collected): readonly Collected[] {
  const longest = Math.max(...[...collected.values()].map(({ length }) => length))
  return Array.from({ length: Math.ceil(longest / mostValues) }, (_, part) => {
    const pairs = [...collected].map(
      ([name, values]) => [name, values.slice(part * mostValues, (part + 1) * mostValues)] as const,
    )
    return new Map(pairs.filter(([, values]) => values.length > 0))
  })
}

/** The embedded metric format: under `_aws` what to extract, and the values beside it. */
function document(deployment: string, cluster: string, collected: Collected, time: number) {
  const whole = [metricDimensions.deployment]
  // A cluster's metrics count for the deployment too, because alarms can't add up over a dimension.
  const dimensions = cluster === '' ? [whole] : [whole, [...whole, metricDimensions.cluster]]
  const Metrics = [...collected.keys()].map((Name) => ({ Name, Unit: metrics[Name].unit }))
  return {
    level: 'info',
    event: 'metrics',
    _aws: {
      Timestamp: time,
      CloudWatchMetrics: [{ Namespace: metricNamespace, Dimensions: dimensions, Metrics }],
    },
    [metricDimensions.deployment]: deployment,
    ...(cluster === '' ? {} : { [metricDimensions.cluster]: cluster }),
    ...Object.fromEntries([...collected].map(([name, values]) => [name, one(values)])),
  }
}

function one(values: readonly number[]): number | readonly number[] {
  return values.length === 1 ? (values[0] ?? 0) : values
}
