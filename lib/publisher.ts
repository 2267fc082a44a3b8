import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FunctionSettings } from '../core/settings/settings.ts'
import type { FunctionNetwork } from './function-network.ts'
import { type ConsulSecret, readConsulSecret, signPointers } from './permissions.ts'
import { type FunctionOptions, optionsOf, PipelineFunction } from './pipeline-function.ts'
import { type Objects, publishReleases } from './release-permissions.ts'
import { Tick } from './tick.ts'

export type PublisherProps = FunctionOptions &
  Pick<ConsulSecret, 'secretKeyArn'> & {
    /** What the function is told; `bucket` and `signingKey` are those given here. */
    readonly settings: FunctionSettings
    readonly network: FunctionNetwork
    readonly bucket: Objects
    readonly key: IKey
    /**
     * A folder of the operator's own templates.
     *
     * @default - only Quayside's own
     */
    readonly templates?: string | null
  }

/**
 * Watches Consul and publishes signed nginx configuration. Every minute a tick starts one; each runs for as long as Lambda allows while it
 * leads, loads its successor before it ends, and leaves at once where another leads.
 */
export class Publisher extends Construct {
  readonly function: PipelineFunction
  readonly fn: LambdaFunction
  readonly tick: Tick

  constructor(scope: Construct, id: string, props: PublisherProps) {
    super(scope, id)
    const { settings, network, bucket, key, templates = null } = props
    this.function = new PipelineFunction(this, 'Default', {
      name: 'publish',
      description: 'Watches Consul and publishes signed nginx configuration',
      network,
      settings,
      statements: [
        ...readConsulSecret(this, { secret: settings.consulSecret, ...props }),
        ...publishReleases(bucket),
        ...signPointers(key),
      ],
      timeout: Duration.minutes(15),
      templates: { operator: templates },
      ...optionsOf(props),
    })
    this.fn = this.function.fn
    this.tick = new Tick(this, 'Tick', { fn: this.fn, description: 'Quayside: keeps a publisher running' })
  }
}
