import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import type { NetworkTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

const description =
  'Quayside: a host of the nginx fleet fails its health check; while that lasts, hosts are not replaced. See its agent and nginx.'

/** All target groups ask the same port of nginx, so one tells of all. Hosts that have just been started don't count. */
export function unhealthyHosts(scope: Construct, id: string, targets: NetworkTargetGroup | undefined): Alarm {
  if (targets === undefined) throw new Error('a fleet needs at least one listener')
  const metric = targets.metrics.unHealthyHostCount({ period: Duration.minutes(1), statistic: 'Maximum' })
  return new Alarm(scope, id, {
    metric,
    threshold: 1,
    evaluationPeriods: 2,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: description,
  })
}
