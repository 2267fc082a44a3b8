import { randomUUID } from 'node:crypto'
import type { AwsEvent } from '../events/event-bus.ts'
import type { ContainerInstance, TaskRecord } from './model.ts'
import { commonShape, containerShape, timesOf } from './task-shape.ts'

export type TaskStateEvent = AwsEvent & { readonly detail: ReturnType<typeof taskDetail> }

/**
 * "ECS Task State Change" in the documented shape: ISO times, attachment type `eni`, and nothing about health.
 */
export function taskStateEvent(task: TaskRecord): TaskStateEvent {
  return {
    ...envelope(task.arn, task.updatedAt, 'aws.ecs', 'ECS Task State Change'),
    detail: taskDetail(task),
  }
}

/** "ECS Container Instance State Change", as ECS sends it when an instance comes, drains or is lost. */
export function containerInstanceEvent(instance: ContainerInstance, now: number): AwsEvent {
  const { arn, clusterArn, ec2InstanceId, status, agentConnected, version } = instance
  return {
    ...envelope(arn, now, 'aws.ecs', 'ECS Container Instance State Change'),
    detail: {
      agentConnected,
      clusterArn,
      containerInstanceArn: arn,
      ec2InstanceId,
      status,
      version,
      updatedAt: iso(now),
    },
  }
}

/** "EC2 Instance State-change Notification". `arnOf` lends its account and region. */
export function instanceStateEvent(instance: ContainerInstance, state: string, now: number): AwsEvent {
  const [, , , region, account] = instance.arn.split(':')
  const arn = `arn:aws:ec2:${region}:${account}:instance/${instance.ec2InstanceId}`
  return {
    ...envelope(arn, now, 'aws.ec2', 'EC2 Instance State-change Notification'),
    detail: { 'instance-id': instance.ec2InstanceId, state },
  }
}

function taskDetail(task: TaskRecord) {
  return {
    ...commonShape(task, 'eni'),
    connectivity: 'CONNECTED',
    connectivityAt: iso(task.createdAt),
    containers: task.containers.map((container) => containerShape(container, task)),
    ...(task.launchType === 'FARGATE'
      ? { platformVersion: '1.4.0', ephemeralStorage: { sizeInGiB: 20 } }
      : {}),
    ...timesOf(task, iso),
    updatedAt: iso(task.updatedAt),
  }
}

function envelope(arn: string, now: number, source: string, detailType: string): Omit<AwsEvent, 'detail'> {
  const [, , , region = '', account = ''] = arn.split(':')
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account,
    // The envelope's time has whole seconds; the times within the detail have milliseconds.
    time: iso(now).replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [arn],
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
