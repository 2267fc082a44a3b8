import { EventSourceMapping, type Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { acknowledge } from './acknowledge.ts'
import type { FunctionNetwork } from './function-network.ts'
import { type ConsulSecret, consumeMessages, readConsulSecret, sendMessages } from './permissions.ts'
import { type FunctionOptions, optionsOf, PipelineFunction } from './pipeline-function.ts'
import { lookUpTasks } from './task-access.ts'
import { registerTimeout, type TaskEvents } from './task-events.ts'

export type RegistrarProps = FunctionOptions &
  Pick<ConsulSecret, 'secretKeyArn'> & {
    /** What the function is told; `queueUrl` is that of `events`. */
    readonly settings: FunctionSettings
    readonly network: FunctionNetwork
    readonly events: TaskEvents
    /**
     * How many batches are worked on at a time, at least 2: it bounds what Consul gets at once without throttling, which would use up
     * the receives of good messages.
     *
     * @default 5
     */
    readonly maxConcurrency?: number
  }

/** Registers ECS tasks in Consul as their events arrive. */
export class Registrar extends Construct {
  readonly function: PipelineFunction
  readonly fn: LambdaFunction
  readonly source: EventSourceMapping

  constructor(scope: Construct, id: string, props: RegistrarProps) {
    super(scope, id)
    const { settings, network, events, maxConcurrency = 5 } = props
    this.function = new PipelineFunction(this, 'Default', {
      name: 'register',
      description: 'Registers ECS tasks in Consul as their events arrive',
      network,
      settings,
      statements: [
        ...readConsulSecret(this, { secret: settings.consulSecret, ...props }),
        ...lookUpTasks(settings.clusters),
        consumeMessages(events.queue),
        sendMessages(events.queue),
      ],
      timeout: registerTimeout,
      memorySize: 256,
      ...optionsOf(props),
      // Health follow-ups go to its own queue. Their hop counter ends them; Lambda would after 16 of all follow-ups together.
      recursiveLoop: RecursiveLoop.ALLOW,
    })
    this.fn = this.function.fn
    this.source = this.read(events, maxConcurrency)
  }

  private read({ queue }: TaskEvents, maxConcurrency: number): EventSourceMapping {
    const source = new EventSourceMapping(this, 'Source', {
      target: this.fn,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      // A window would add itself to the time from a task's stop to its leaving nginx.
      maxBatchingWindow: Duration.seconds(0),
      maxConcurrency,
      reportBatchItemFailures: true,
    })
    acknowledge(source, {
      'Serverless-LambdaEventSourceMappingDestination':
        'Queues have no such destination: the redrive policy does it.',
    })
    acknowledge(this.fn, { 'Serverless-LambdaDLQ': 'It reads a queue, which has a dead-letter queue.' })
    return source
  }
}
