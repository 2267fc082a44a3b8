import { idOf } from '../model.ts'
import type { Plane } from '../plane.ts'
import { clusterOf, type Input, identifiersOf, pageOf, textOf } from './input.ts'

export function listClusters(plane: Plane, input: Input) {
  const { page, ...rest } = pageOf(input, [...plane.clusters.values()], 100)
  return { clusterArns: page, ...rest }
}

export function describeClusters(plane: Plane, input: Input) {
  const wanted = input.clusters === undefined ? ['default'] : identifiersOf(input, 'clusters', 100)
  const found = wanted.map((reference) => ({ reference, arn: plane.clusters.get(idOf(reference)) }))
  return {
    clusters: found.flatMap(({ arn }) => (arn === undefined ? [] : [apiCluster(plane, arn)])),
    failures: found.flatMap(({ arn, reference }) =>
      arn === undefined ? [{ arn: reference, reason: 'MISSING' }] : [],
    ),
  }
}

export function listContainerInstances(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const status = textOf(input, 'status')
  // Without a status ECS lists every instance that isn't gone.
  const instances = [...plane.instances.values()].filter(
    (instance) =>
      instance.clusterArn === clusterArn &&
      (status === undefined ? instance.status !== 'INACTIVE' : instance.status === status),
  )
  const { page, ...rest } = pageOf(
    input,
    instances.map(({ arn }) => arn),
    100,
  )
  return { containerInstanceArns: page, ...rest }
}

/** DescribeContainerInstances of up to 100. */
export function describeContainerInstances(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const prefix = `${clusterArn.replace(':cluster/', ':container-instance/')}/`
  const found = identifiersOf(input, 'containerInstances', 100).map((reference) => ({
    arn: `${prefix}${idOf(reference)}`,
    instance: plane.instances.get(`${prefix}${idOf(reference)}`),
  }))
  return {
    containerInstances: found.flatMap(({ instance }) =>
      instance === undefined ? [] : [apiInstance(plane, instance.arn)],
    ),
    failures: found.flatMap(({ arn, instance }) =>
      instance === undefined ? [{ arn, reason: 'MISSING' }] : [],
    ),
  }
}

function apiInstance(plane: Plane, arn: string) {
  const instance = plane.instances.get(arn)
  const tasks = [...plane.tasks.values()].filter((task) => task.containerInstanceArn === arn)
  return {
    containerInstanceArn: arn,
    ec2InstanceId: instance?.ec2InstanceId,
    status: instance?.status,
    agentConnected: instance?.agentConnected,
    version: instance?.version,
    runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter((task) => task.lastStatus === 'PENDING').length,
    attributes: [{ name: 'ecs.availability-zone', value: instance?.availabilityZone }],
  }
}

function apiCluster(plane: Plane, clusterArn: string) {
  const of = <Item extends { readonly clusterArn: string }>(items: Iterable<Item>): Item[] =>
    [...items].filter((item) => item.clusterArn === clusterArn)
  return {
    clusterArn,
    clusterName: idOf(clusterArn),
    status: 'ACTIVE',
    activeServicesCount: of(plane.services.values()).length,
    runningTasksCount: of(plane.tasks.values()).filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: of(plane.tasks.values()).filter((task) => task.lastStatus === 'PENDING').length,
    registeredContainerInstancesCount: of(plane.instances.values()).length,
  }
}
