/**
 * The EventBridge patterns that feed the register queue: the stack deploys them, and the one-machine pipeline passes its
 * events through the very same ones. All of them arrive on the account's default bus.
 */
export type EventPattern = { readonly [key: string]: readonly PatternValue[] | EventPattern }
export type PatternValue =
  | string
  | number
  | { readonly prefix: string }
  | { readonly exists: boolean }
  | { readonly 'anything-but': readonly string[] }

/** Task state changes of the given clusters. Every status is wanted: the earliest sign of a stop may be any of them. */
export function taskStatePattern(clusterArns: readonly string[]): EventPattern {
  return {
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { clusterArn: clusterArns },
  }
}

/** A container instance that is no longer usable, or is again: the fast path for lost hosts. */
export function containerInstancePattern(clusterArns: readonly string[]): EventPattern {
  return {
    source: ['aws.ecs'],
    'detail-type': ['ECS Container Instance State Change'],
    detail: { clusterArn: clusterArns, status: ['INACTIVE', 'ACTIVE'] },
  }
}

/** EC2 says it of every instance in the account; one that hosts none of our tasks costs one key lookup. */
export function instanceStatePattern(): EventPattern {
  return {
    source: ['aws.ec2'],
    'detail-type': ['EC2 Instance State-change Notification'],
    detail: { state: ['stopping', 'stopped', 'shutting-down', 'terminated', 'running'] },
  }
}

/** EC2 takes a Spot instance back in two minutes. It says so for every instance in the account, like its state. */
export function spotInterruptionPattern(): EventPattern {
  return { source: ['aws.ec2'], 'detail-type': ['EC2 Spot Instance Interruption Warning'] }
}
