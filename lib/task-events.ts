import { type EventPattern as CdkPattern, CfnEventBusPolicy, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import { Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import {
  containerInstancePattern,
  type EventPattern,
  instanceStatePattern,
  spotInterruptionPattern,
  taskStatePattern,
} from '../core/settings/event-patterns.ts'
import { acknowledge } from './acknowledge.ts'

export type TaskEventsProps = {
  /** The clusters whose events are wanted; those of other accounts and regions arrive by a forwarding rule over there. */
  readonly clusterArns: readonly string[]
  /**
   * The timeout of the function that reads the queue.
   *
   * @default Duration.seconds(30)
   */
  readonly readerTimeout?: Duration
  /**
   * Other accounts, whose rules may forward these events to the default bus of this one.
   *
   * @default - none
   */
  readonly senderAccounts?: readonly string[]
}

/** What a batch of ten may take; longer waits are the queue's, not the function's. */
export const registerTimeout = Duration.seconds(30)

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
  readonly rules: readonly Rule[]

  constructor(scope: Construct, id: string, props: TaskEventsProps) {
    super(scope, id)
    const { clusterArns, readerTimeout = registerTimeout, senderAccounts = [] } = props
    this.failed = this.deadLetters('Failed')
    this.undelivered = this.deadLetters('Undelivered')
    acknowledge(this.undelivered, { 'AwsSolutions-SQS3': 'It is the dead-letter queue of the rules.' })
    this.queue = this.newQueue('Queue', {
      retentionPeriod: Duration.days(4),
      // AWS asks for six times the reader's timeout, or a slow batch is handed out a second time.
      visibilityTimeout: Duration.seconds(6 * readerTimeout.toSeconds()),
      deadLetterQueue: { queue: this.failed, maxReceiveCount },
    })
    for (const sender of senderAccounts) this.letIn(sender)
    this.rules = [
      ...this.routeEach('TaskState', 'ECS task state changes', clusterArns, taskStatePattern),
      ...this.routeEach('HostState', 'ECS container instances', clusterArns, containerInstancePattern),
      this.route('InstanceState', 'EC2 instances that stop or start', instanceStatePattern()),
      this.route('SpotInterruption', 'EC2 Spot instances that are taken back', spotInterruptionPattern()),
    ]
  }

  /** Only what the rules below look for; whatever else that account sends is refused. */
  private letIn(sender: string): void {
    const { partition, region, account } = Stack.of(this)
    const statementId = `${Stack.of(this).stackName}-${sender}`
    new CfnEventBusPolicy(this, `Sender${sender}`, {
      statementId,
      statement: {
        Sid: statementId,
        Effect: 'Allow',
        Principal: { AWS: `arn:${partition}:iam::${sender}:root` },
        Action: 'events:PutEvents',
        Resource: `arn:${partition}:events:${region}:${account}:event-bus/default`,
        Condition: { 'ForAllValues:StringEquals': { 'events:source': ['aws.ecs', 'aws.ec2'] } },
      },
    })
  }

  private deadLetters(id: string): Queue {
    const queue = this.newQueue(id, { retentionPeriod: Duration.days(14) })
    acknowledge(queue, { 'Serverless-SQSRedrivePolicy': 'It is a dead-letter queue itself.' })
    return queue
  }

  private newQueue(id: string, props: QueueProps): Queue {
    return new Queue(this, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, ...props })
  }

  /** As many rules as it takes: EventBridge takes patterns of some length only. */
  private routeEach(
    id: string,
    what: string,
    clusterArns: readonly string[],
    patternOf: (arns: readonly string[]) => EventPattern,
  ): readonly Rule[] {
    return patternParts(clusterArns).map((arns, index) =>
      this.route(index === 0 ? id : `${id}${index + 1}`, what, patternOf(arns)),
    )
  }

  private route(id: string, what: string, pattern: EventPattern): Rule {
    const target = new SqsQueue(this.queue, { deadLetterQueue: this.undelivered })
    const description = `Quayside: ${what}, to the register queue`
    return new Rule(this, id, { description, eventPattern: toCdkPattern(pattern), targets: [target] })
  }
}

/** A pattern has 2,048 characters at most; what stands around the ARNs takes some 150. */
const mostArnCharacters = 1_800

function patternParts(arns: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = []
  let length = Number.POSITIVE_INFINITY
  for (const arn of arns) {
    // With its quotes and a comma.
    const own = arn.length + 3
    length += own
    if (length > mostArnCharacters) {
      parts.push([])
      length = own
    }
    parts.at(-1)?.push(arn)
  }
  return parts
}

/** The library has its own spelling for one of the keys and writes them all as they are. */
function toCdkPattern({ 'detail-type': detailType, ...rest }: EventPattern): CdkPattern {
  return { ...rest, detailType } as CdkPattern
}
