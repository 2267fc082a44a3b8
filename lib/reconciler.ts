import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FunctionSettings } from '../core/settings/settings.ts'
import type { FunctionNetwork } from './function-network.ts'
import { type ConsulSecret, readConsulSecret, sendMessages } from './permissions.ts'
import { type FunctionOptions, optionsOf, PipelineFunction } from './pipeline-function.ts'
import { surveyTasks } from './task-access.ts'
import { Tick } from './tick.ts'

export type ReconcilerProps = FunctionOptions &
  Pick<ConsulSecret, 'secretKeyArn'> & {
    /** What the function is told; `queueUrl` is that of `queue`. */
    readonly settings: FunctionSettings
    readonly network: FunctionNetwork
    /** Where health follow-ups go. */
    readonly queue: IQueue
    /**
     * How long one pass over all clusters may take.
     *
     * @default Duration.minutes(5)
     */
    readonly timeout?: Duration
  }

/** Compares ECS with the Consul catalog every minute, and repairs what differs. */
export class Reconciler extends Construct {
  readonly function: PipelineFunction
  readonly fn: LambdaFunction
  readonly tick: Tick

  constructor(scope: Construct, id: string, props: ReconcilerProps) {
    super(scope, id)
    const { settings, network, queue, timeout = Duration.minutes(5) } = props
    this.function = new PipelineFunction(this, 'Default', {
      name: 'reconcile',
      description: 'Compares ECS with the Consul catalog and repairs what differs',
      network,
      settings,
      statements: [
        ...readConsulSecret(this, { secret: settings.consulSecret, ...props }),
        ...surveyTasks(settings.clusters),
        sendMessages(queue),
      ],
      timeout,
      ...optionsOf(props),
    })
    this.fn = this.function.fn
    this.tick = new Tick(this, 'Tick', { fn: this.fn, description: 'Quayside: compares ECS with Consul' })
  }
}
