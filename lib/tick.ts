import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type IScheduleTarget, Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

export type TickProps = {
  readonly fn: IFunction
  readonly description: string
  /**
   * How often; whole minutes.
   *
   * @default Duration.minutes(1)
   */
  readonly every?: Duration
}

const minute = Duration.minutes(1)

/**
 * Starts the function every minute, or however often is said. A tick that comes late is worth nothing, because the next one does the
 * same: neither the scheduler nor Lambda repeats it or keeps it for longer than a minute.
 */
export class Tick extends Construct {
  readonly schedule: Schedule
  readonly role: Role

  constructor(scope: Construct, id: string, { fn, description, every = minute }: TickProps) {
    super(scope, id)
    this.role = this.invoker(fn)
    this.schedule = new Schedule(this, 'Schedule', {
      description,
      schedule: ScheduleExpression.rate(every),
      target: this.targetOf(fn),
    })
    fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: minute })
    acknowledge(fn, {
      'Serverless-LambdaAsyncFailureDestination': 'A lost tick is worth nothing: the next one does the same.',
      'Serverless-LambdaDLQ': 'A lost tick is worth nothing: the next one does the same.',
    })
  }

  /** May start this function and no version of it, and only for schedules of this account. */
  private invoker(fn: IFunction): Role {
    const { account } = Stack.of(this)
    const assumedBy = new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    })
    const role = new Role(this, 'Role', { assumedBy })
    role.addToPolicy(
      new PolicyStatement({
        sid: 'StartFunction',
        actions: ['lambda:InvokeFunction'],
        resources: [fn.functionArn],
      }),
    )
    return role
  }

  private targetOf({ functionArn }: IFunction): IScheduleTarget {
    const retryPolicy = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: minute.toSeconds() }
    return { bind: () => ({ arn: functionArn, role: this.role, retryPolicy }) }
  }
}
