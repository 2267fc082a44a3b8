import { type IManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { acknowledgeWildcards } from './acknowledge.ts'

export type FleetRoleProps = {
  readonly hostAccess: IManagedPolicy
  readonly groupName: string
  /** Whether people get in through Session Manager. */
  readonly sessionManager: boolean
}

const reasons = {
  CompleteLaunch: 'An autoscaling group’s ARN has a random part; its name is stated.',
  AnswerSessionManager: 'Systems Manager knows no resources for what its agent calls.',
}

/** What a host of the fleet may do: follow releases, say that it is ready, and be reached through Session Manager. */
export function fleetRole(scope: Construct, id: string, props: FleetRoleProps): Role {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: [props.hostAccess],
  })
  const statements = [
    completeLaunch(Stack.of(scope), props.groupName),
    ...(props.sessionManager ? [answerSessionManager()] : []),
  ]
  for (const statement of statements) role.addToPolicy(statement)
  acknowledgeWildcards(role, statements, reasons)
  return role
}

function completeLaunch({ partition, region, account }: Stack, groupName: string): PolicyStatement {
  const groups = `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:*`
  return new PolicyStatement({
    sid: 'CompleteLaunch',
    actions: ['autoscaling:CompleteLifecycleAction'],
    resources: [`${groups}:autoScalingGroupName/${groupName}`],
  })
}

/** AWS's own managed policy for this would also let every host read every parameter of the account. */
function answerSessionManager(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AnswerSessionManager',
    actions: [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    resources: ['*'],
  })
}
