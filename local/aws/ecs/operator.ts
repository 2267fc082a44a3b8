import type { AwsEvent } from '../events/event-bus.ts'
import { findDefinition } from './actions/task-definitions.ts'
import { loseInstance, setHealthy } from './hosts.ts'
import type { ContainerInstance, ServiceRecord, TaskDefinition, TaskRecord } from './model.ts'
import { arnOfCluster, registerDefinition } from './open-plane.ts'
import { inService } from './plan-service.ts'
import { type Plane, visibleTasks } from './plane.ts'
import { createService, findService, updateService } from './services.ts'
import type { TaskDefinitionInput } from './task-definition.ts'
import { crashTask, findTask, type StartTask, startTask, stopTask } from './tasks.ts'

export type DefinitionChoice = string | TaskDefinitionInput

export type CreateService = {
  readonly name: string
  readonly taskDefinition: DefinitionChoice
  readonly desiredCount: number
  readonly cluster?: string
}

export type UpdateService = {
  readonly desiredCount?: number
  readonly taskDefinition?: DefinitionChoice
  readonly forceNewDeployment?: boolean
  readonly cluster?: string
}

export type RunTask = Pick<Partial<StartTask>, 'group' | 'startedBy' | 'overrides'> & {
  readonly cluster?: string
}

/**
 * The control plane in its operator's hands. A task is named by ARN, id, the beginning of an id, or its node's
 * name; a task definition by ARN, family or `family:revision`, or given in full to register a new revision.
 * Throws EcsError.
 */
export type EcsOperator = {
  readonly clusterArn: string
  registerTaskDefinition(input: TaskDefinitionInput): TaskDefinition
  createService(given: CreateService): ServiceRecord
  updateService(name: string, changes: UpdateService): ServiceRecord
  scale(service: string, count: number): ServiceRecord
  /** A rolling deployment: of a new revision, or of the same one again. */
  deploy(service: string, taskDefinition?: DefinitionChoice): ServiceRecord
  runTask(taskDefinition: DefinitionChoice, given?: RunTask): TaskRecord
  stopTask(task: string, reason?: string): TaskRecord
  /** Kills the task's processes, as a crash would. */
  failTask(task: string): TaskRecord
  /** Makes the task's health check answer well or badly from now on. */
  setHealthy(task: string, healthy: boolean): Promise<void>
  /** Lets the API answer MISSING for a task from now on, as it does an hour after a task stopped. */
  forgetTask(task: string): void
  loseInstance(ec2InstanceId: string): ContainerInstance
  tasks(): TaskRecord[]
  task(reference: string): TaskRecord
  services(): ServiceRecord[]
  instances(): ContainerInstance[]
  /** Whether every service has its tasks in service and no task is on its way anywhere. */
  isSettled(): boolean
  /** Calls the listener with each event at the moment of the change; returns what takes it off again. */
  on(what: 'event', listener: (event: AwsEvent) => void): () => void
}

export function operatorOf(plane: Plane): EcsOperator {
  return { ...tasksOperator(plane), ...servicesOperator(plane), ...viewOf(plane) }
}

function servicesOperator(plane: Plane) {
  const change = (name: string, { taskDefinition, cluster, ...rest }: UpdateService): ServiceRecord =>
    updateService(plane, findService(plane, clusterArn(plane, cluster), name), {
      ...rest,
      definition: taskDefinition === undefined ? undefined : choose(plane, taskDefinition),
    })
  return {
    createService: ({ cluster, taskDefinition, ...rest }: CreateService) => {
      const definition = choose(plane, taskDefinition)
      return createService(plane, { ...rest, definition, clusterArn: clusterArn(plane, cluster) })
    },
    updateService: change,
    scale: (name: string, desiredCount: number) => change(name, { desiredCount }),
    deploy: (name: string, taskDefinition?: DefinitionChoice) =>
      change(name, { forceNewDeployment: true, ...(taskDefinition === undefined ? {} : { taskDefinition }) }),
  }
}

function tasksOperator(plane: Plane) {
  return {
    registerTaskDefinition: (input: TaskDefinitionInput) => registerDefinition(plane, input),
    runTask: (taskDefinition: DefinitionChoice, { cluster, ...rest }: RunTask = {}) => {
      const definition = choose(plane, taskDefinition)
      return startTask(plane, { ...rest, definition, clusterArn: clusterArn(plane, cluster) })
    },
    stopTask: (task: string, reason = 'Task stopped by user') =>
      stopTask(plane, findTask(plane, task), 'UserInitiated', reason),
    failTask: (reference: string) => {
      const task = findTask(plane, reference)
      crashTask(plane, task)
      return task
    },
    setHealthy: (task: string, healthy: boolean) => setHealthy(findTask(plane, task), healthy),
    forgetTask: (task: string) => void plane.forgotten.add(findTask(plane, task).id),
    loseInstance: (id: string) => loseInstance(plane, id),
  }
}

function viewOf(plane: Plane) {
  return {
    clusterArn: clusterArn(plane, undefined),
    tasks: () => visibleTasks(plane),
    task: (reference: string) => findTask(plane, reference),
    services: () => [...plane.services.values()],
    instances: () => [...plane.instances.values()],
    isSettled: () => isSettled(plane),
    on: (_what: 'event', listener: (event: AwsEvent) => void) => {
      plane.listeners.add(listener)
      return () => void plane.listeners.delete(listener)
    },
  }
}

function isSettled(plane: Plane): boolean {
  const tasks = [...plane.tasks.values()].filter((task) => task.lastStatus !== 'STOPPED')
  const complete = [...plane.services.values()].every(({ name, deploymentId, desiredCount }) => {
    const own = tasks.filter((task) => task.service === name)
    return own.length === desiredCount && own.every((task) => task.startedBy === deploymentId)
  })
  return complete && tasks.every(inService)
}

function choose(plane: Plane, choice: DefinitionChoice): TaskDefinition {
  return typeof choice === 'string' ? findDefinition(plane, choice) : registerDefinition(plane, choice)
}

function clusterArn(plane: Plane, name: string | undefined): string {
  const [first = ''] = plane.clusters.keys()
  return arnOfCluster(plane, name ?? first)
}
