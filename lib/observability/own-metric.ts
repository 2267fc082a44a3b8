import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { Duration } from 'aws-cdk-lib/core'
import { type MetricName, metricDimensions, metricNamespace } from '../../core/settings/metric-names.ts'

/** A metric of a deployment as its functions write it, by the minute. */
export function ownMetric(deployment: string, metricName: MetricName, statistic: string): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { [metricDimensions.deployment]: deployment },
    statistic,
    period: Duration.minutes(1),
  })
}
