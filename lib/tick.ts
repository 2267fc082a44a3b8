import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

export type TickProps = {
  readonly fn: IFunction
  readonly description: string
  /** A minute by default. */
  readonly every?: Duration
}

const minute = Duration.minutes(1)

/**
 * Starts the function every minute, or however often is said. A tick that comes late is worth nothing, because the next one does the
 * same: neither the scheduler nor Lambda repeats it or keeps it for longer than a minute.
 */
export class Tick extends Construct {
  readonly schedule: Schedule

  constructor(scope: Construct, id: string, { fn, description, every = minute }: TickProps) {
    super(scope, id)
    this.schedule = new Schedule(this, 'Schedule', {
      description,
      schedule: ScheduleExpression.rate(every),
      target: new LambdaInvoke(fn, { retryAttempts: 0, maxEventAge: minute }),
    })
    fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: minute })
  }
}
