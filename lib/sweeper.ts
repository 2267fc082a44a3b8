import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FunctionSettings } from '../core/settings/settings.ts'
import type { FunctionNetwork } from './function-network.ts'
import { type FunctionOptions, optionsOf, PipelineFunction } from './pipeline-function.ts'
import { type Objects, sweepReleases } from './release-permissions.ts'
import { Tick } from './tick.ts'

export type SweeperProps = FunctionOptions & {
  /** What the function is told; `bucket` is the one given here. */
  readonly settings: FunctionSettings
  readonly network: FunctionNetwork
  readonly bucket: Objects
}

/** Removes from the release bucket, once a day, what nothing names any more. */
export class Sweeper extends Construct {
  readonly function: PipelineFunction
  readonly fn: LambdaFunction
  readonly tick: Tick

  constructor(scope: Construct, id: string, props: SweeperProps) {
    super(scope, id)
    const { settings, network, bucket } = props
    this.function = new PipelineFunction(this, 'Default', {
      name: 'sweep',
      description: 'Removes from the release bucket what nothing names any more',
      network,
      settings,
      statements: sweepReleases(bucket),
      timeout: Duration.minutes(15),
      ...optionsOf(props),
    })
    this.fn = this.function.fn
    const description = 'Quayside: removes releases that nothing names any more'
    this.tick = new Tick(this, 'Tick', { fn: this.fn, description, every: Duration.days(1) })
  }
}
