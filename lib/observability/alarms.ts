import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { type OwnAlarm, ownAlarms } from './own-alarms.ts'
import { ownMetric } from './own-metric.ts'

export type AlarmsProps = {
  readonly deployment: string
  /** The way of task events; `failed` and `undelivered` are its dead-letter queues. */
  readonly events: { readonly queue: IQueue; readonly failed: IQueue; readonly undelivered: IQueue }
  /** By the names that people know; they run every minute or all the time. */
  readonly functions: Readonly<Record<string, IFunction>>
  /** Runs once a day. */
  readonly sweep: IFunction
  /**
   * Where alarms go.
   * @default - a topic of this construct where `email` is given; else they only change colour
   */
  readonly topicArn?: string | null
  /**
   * Who gets them by mail; AWS asks the address to agree first.
   * @default - nobody
   */
  readonly email?: string | null
}

type Raised = {
  readonly metric: IMetric
  readonly threshold: number
  readonly minutes: number
  readonly meaning: string
  readonly below?: boolean
  readonly silenceIsBad?: boolean
}

const minute = Duration.minutes(1)
const depth = { period: minute, statistic: 'Maximum' }
const sum = { period: minute, statistic: 'Sum' }

/** One alarm for each way in which hosts can stop following the tasks; each description says what to do. */
export class Alarms extends Construct {
  readonly topic: ITopic | null
  readonly alarms: readonly Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.topic = this.topicFor(props)
    const own: Readonly<Record<string, OwnAlarm>> = ownAlarms
    this.alarms = [
      ...Object.entries(own).map(([name, alarm]) =>
        this.raise(name, { ...alarm, metric: ownMetric(props.deployment, alarm.metric, alarm.statistic) }),
      ),
      ...this.watchEvents(props.events),
      ...Object.entries(props.functions).flatMap(([name, fn]) => this.watch(name, fn)),
      this.raise('SweepErrors', {
        ...{ metric: props.sweep.metricErrors(sum), threshold: 1, minutes: 1 },
        meaning: 'The Sweep function failed: old releases stay in the bucket until it works again.',
      }),
    ]
  }

  private topicFor({ topicArn = null, email = null }: AlarmsProps): ITopic | null {
    if (topicArn !== null) return Topic.fromTopicArn(this, 'Topic', topicArn)
    if (email === null) return null
    const topic = new Topic(this, 'Topic', { enforceSSL: true })
    topic.addSubscription(new EmailSubscription(email))
    topic.addToResourcePolicy(this.letAlarmsIn(topic))
    return topic
  }

  /** A policy of its own, as the one for TLS, takes the place of the one that SNS gives every topic, by which alarms may publish. */
  private letAlarmsIn({ topicArn }: ITopic): PolicyStatement {
    return new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      actions: ['sns:Publish'],
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      resources: [topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    })
  }

  private watchEvents({ queue, failed, undelivered }: AlarmsProps['events']): readonly Alarm[] {
    const waiting = (one: IQueue) => one.metricApproximateNumberOfMessagesVisible(depth)
    return [
      this.raise('Failed', {
        ...{ metric: waiting(failed), threshold: 1, minutes: 1 },
        meaning:
          'Task events could not be registered after many attempts. See record-failed in the log of the Register function, mend the cause, then redrive the dead-letter queue.',
      }),
      this.raise('Undelivered', {
        ...{ metric: waiting(undelivered), threshold: 1, minutes: 1 },
        meaning:
          'EventBridge could not put events into the register queue; see its policy, then redrive. Reconciling repairs meanwhile.',
      }),
      this.raise('Behind', {
        ...{ metric: queue.metricApproximateAgeOfOldestMessage(depth), threshold: 120, minutes: 3 },
        meaning: 'Registering is more than two minutes behind; Consul or ECS is slow or away.',
      }),
    ]
  }

  private watch(name: string, fn: IFunction): readonly Alarm[] {
    return [
      this.raise(`${name}Errors`, {
        ...{ metric: fn.metricErrors(sum), threshold: 1, minutes: 3 },
        meaning: `The ${name} function failed three minutes in a row. See its log.`,
      }),
      this.raise(`${name}Throttles`, {
        ...{ metric: fn.metricThrottles(sum), threshold: 1, minutes: 5 },
        meaning: `The ${name} function was refused for want of concurrency five minutes in a row: raise the account's Lambda quota.`,
      }),
    ]
  }

  private raise(id: string, raised: Raised): Alarm {
    const { metric, threshold, minutes, meaning, below = false, silenceIsBad = false } = raised
    const alarm = new Alarm(this, id, {
      ...{ metric, threshold, evaluationPeriods: minutes },
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      alarmDescription: `Quayside: ${meaning}`,
    })
    if (this.topic !== null) alarm.addAlarmAction(new SnsAction(this.topic))
    return alarm
  }
}
