/** One line of metrics in the embedded format, as a function writes it. */
export type MetricsLine = Readonly<Record<string, unknown>> & { readonly _aws?: unknown }

/** The properties of an alarm in a template. */
export type AlarmProps = {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
  readonly Statistic?: 'Sum' | 'Maximum'
  readonly ExtendedStatistic?: string
  readonly Period: number
  readonly Threshold: number
  readonly EvaluationPeriods: number
  readonly ComparisonOperator: string
  readonly TreatMissingData: string
}

type Frame = {
  readonly Timestamp: number
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string
    readonly Dimensions: readonly (readonly string[])[]
    readonly Metrics: readonly { readonly Name: string }[]
  }[]
}

/** Whether CloudWatch would raise the alarm at a time, in Unix milliseconds, from what was written until then. */
export function isRaised(alarm: AlarmProps, lines: readonly MetricsLine[], at: number): boolean {
  const period = alarm.Period * 1000
  const last = Math.floor(at / period) - 1
  const periods = Array.from({ length: alarm.EvaluationPeriods }, (_, back) => last - back)
  return periods.every((one) => isBreaching(alarm, valuesIn(alarm, lines, one * period, period)))
}

function isBreaching(alarm: AlarmProps, values: readonly number[]): boolean {
  if (values.length === 0) return alarm.TreatMissingData === 'breaching'
  const value = statisticOf(alarm, values)
  return alarm.ComparisonOperator === 'LessThanThreshold' ? value < alarm.Threshold : value >= alarm.Threshold
}

function statisticOf({ Statistic, ExtendedStatistic }: AlarmProps, values: readonly number[]): number {
  if (Statistic === 'Sum') return values.reduce((sum, value) => sum + value, 0)
  if (Statistic === 'Maximum') return Math.max(...values)
  const percent = Number(/^p(\d+)$/.exec(ExtendedStatistic ?? '')?.[1])
  if (Number.isNaN(percent)) throw new Error(`this statistic is not known here: ${ExtendedStatistic}`)
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ?? 0
}

function valuesIn(alarm: AlarmProps, lines: readonly MetricsLine[], from: number, period: number): number[] {
  return lines.flatMap((line) => {
    const frame = line._aws as Frame
    if (frame.Timestamp < from || frame.Timestamp >= from + period || !isOf(alarm, line, frame)) return []
    return [line[alarm.MetricName]].flat().map(Number)
  })
}

/** A line counts only under the dimensions that it lists, with the values that it has. */
function isOf(alarm: AlarmProps, line: MetricsLine, { CloudWatchMetrics }: Frame): boolean {
  const names = alarm.Dimensions.map(({ Name }) => Name)
  return CloudWatchMetrics.some(
    ({ Namespace, Dimensions, Metrics }) =>
      Namespace === alarm.Namespace &&
      Metrics.some(({ Name }) => Name === alarm.MetricName) &&
      Dimensions.some((set) => set.length === names.length && names.every((name) => set.includes(name))) &&
      alarm.Dimensions.every(({ Name, Value }) => line[Name] === Value),
  )
}
