import { type EventPattern as CdkPattern, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import {
  containerInstancePattern,
  type EventPattern,
  instanceStatePattern,
  taskStatePattern,
} from '../core/settings/event-patterns.ts'

export type TaskEventsProps = {
  readonly clusterArns: readonly string[]
  /** The timeout of the function that reads the queue. */
  readonly readerTimeout: Duration
}

/**
 * A record is hidden again for at most 30 s after a failure, so this many receives outlast some ten minutes without Consul.
 * What then goes to the dead-letter queue is found by the periodic comparison all the same.
 */
const maxReceiveCount = 20

/** The way of events from the account's default bus into the register queue, with a place for what gets lost on it. */
export class TaskEvents extends Construct {
  readonly queue: Queue
  /** Messages that the function could not handle. */
  readonly failed: Queue
  /** Events that EventBridge could not put into the queue. */
  readonly undelivered: Queue

  constructor(scope: Construct, id: string, props: TaskEventsProps) {
    super(scope, id)
    this.failed = this.newQueue('Failed', { retentionPeriod: Duration.days(14) })
    this.undelivered = this.newQueue('Undelivered', { retentionPeriod: Duration.days(14) })
    this.queue = this.newQueue('Queue', {
      retentionPeriod: Duration.days(4),
      // AWS asks for six times the reader's timeout, or a slow batch is handed out a second time.
      visibilityTimeout: Duration.seconds(6 * props.readerTimeout.toSeconds()),
      deadLetterQueue: { queue: this.failed, maxReceiveCount },
    })
    this.route('TaskState', 'ECS task state changes', taskStatePattern(props.clusterArns))
    this.route('HostState', 'ECS container instances', containerInstancePattern(props.clusterArns))
    this.route('InstanceState', 'EC2 instances that stop or start', instanceStatePattern())
  }

  private newQueue(id: string, props: ConstructorParameters<typeof Queue>[2]): Queue {
    return new Queue(this, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, ...props })
  }

  private route(id: string, what: string, pattern: EventPattern): void {
    const target = new SqsQueue(this.queue, { deadLetterQueue: this.undelivered })
    const description = `Quayside: ${what}, to the register queue`
    new Rule(this, id, { description, eventPattern: toCdkPattern(pattern), targets: [target] })
  }
}

/** The library has its own spelling for one of the keys and writes them all as they are. */
function toCdkPattern({ 'detail-type': detailType, ...rest }: EventPattern): CdkPattern {
  return { ...rest, detailType } as CdkPattern
}
