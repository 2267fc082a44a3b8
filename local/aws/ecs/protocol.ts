import type { IncomingMessage, ServerResponse } from 'node:http'
import { handleJson, type JsonFaults, type JsonRequest } from '../json-service.ts'
import {
  describeClusters,
  describeContainerInstances,
  listClusters,
  listContainerInstances,
} from './actions/clusters.ts'
import type { Input } from './actions/input.ts'
import { describeServices, listServices, updateServiceAction } from './actions/services.ts'
import { describeTaskDefinition } from './actions/task-definitions.ts'
import { describeTasks, listTasks, stopTaskAction } from './actions/tasks.ts'
import type { Plane } from './plane.ts'

export type EcsRequest = JsonRequest
export type EcsFaults = JsonFaults

const actions: Readonly<Record<string, (plane: Plane, input: Input) => object>> = {
  DescribeClusters: describeClusters,
  DescribeContainerInstances: describeContainerInstances,
  DescribeServices: describeServices,
  DescribeTaskDefinition: describeTaskDefinition,
  DescribeTasks: describeTasks,
  ListClusters: listClusters,
  ListContainerInstances: listContainerInstances,
  ListServices: listServices,
  ListTasks: listTasks,
  StopTask: stopTaskAction,
  UpdateService: updateServiceAction,
}

/** Serves one request of ECS's API. */
export function handleEcs(
  plane: Plane,
  message: IncomingMessage,
  response: ServerResponse,
  onRequest: EcsFaults,
): Promise<void> {
  const bound = Object.entries(actions).map(
    ([name, act]) => [name, (input: Input) => act(plane, input)] as const,
  )
  const service = {
    target: 'AmazonEC2ContainerServiceV20141113',
    actions: Object.fromEntries(bound),
    onRequest,
  }
  return handleJson(service, message, response)
}
