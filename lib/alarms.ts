import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { TaskEvents } from './task-events.ts'

export type AlarmsProps = {
  readonly events: TaskEvents
  /** They run every minute or all the time. */
  readonly functions: Readonly<Record<string, IFunction>>
  /** Runs once a day. */
  readonly sweep: IFunction
  /** Where alarms go; without it they only change colour. */
  readonly topicArn: string | null
}

const minute = Duration.minutes(1)

/** The first things to look at when hosts no longer follow the tasks; each description says what it means. */
export class Alarms extends Construct {
  private readonly topic: ITopic | null

  constructor(scope: Construct, id: string, { events, functions, sweep, topicArn }: AlarmsProps) {
    super(scope, id)
    this.topic = topicArn === null ? null : Topic.fromTopicArn(this, 'Topic', topicArn)
    const depth = { period: minute, statistic: 'Maximum' }
    this.raise('Failed', events.failed.metricApproximateNumberOfMessagesVisible(depth), 1, 1, failedMeaning)
    this.raise(
      'Undelivered',
      events.undelivered.metricApproximateNumberOfMessagesVisible(depth),
      1,
      1,
      lostMeaning,
    )
    this.raise('Behind', events.queue.metricApproximateAgeOfOldestMessage(depth), 120, 3, behindMeaning)
    for (const [name, fn] of Object.entries(functions)) this.watch(name, fn)
    this.raise('SweepErrors', sweep.metricErrors({ period: minute, statistic: 'Sum' }), 1, 1, unsweptMeaning)
  }

  private watch(name: string, fn: IFunction): void {
    const sum = { period: minute, statistic: 'Sum' }
    this.raise(
      `${name}Errors`,
      fn.metricErrors(sum),
      1,
      3,
      `The ${name} function failed three minutes in a row.`,
    )
    const late = `The ${name} function was refused for want of concurrency five minutes in a row.`
    this.raise(`${name}Throttles`, fn.metricThrottles(sum), 1, 5, late)
  }

  /** Raised when the metric is at or above the threshold in so many minutes in a row. */
  private raise(id: string, metric: IMetric, threshold: number, minutes: number, meaning: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `Quayside: ${meaning}`,
    })
    if (this.topic !== null) alarm.addAlarmAction(new SnsAction(this.topic))
  }
}

const failedMeaning =
  'Task events could not be registered after many attempts; see the register function, then redrive.'
const lostMeaning = 'EventBridge could not put events into the register queue; see its policy.'
const behindMeaning = 'Registering is more than two minutes behind; Consul or ECS is slow or away.'
const unsweptMeaning = 'The Sweep function failed: old releases stay in the bucket until it works again.'
