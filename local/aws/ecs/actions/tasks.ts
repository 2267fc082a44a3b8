import { apiTask } from '../api-shape.ts'
import { EcsError, invalidParameter } from '../errors.ts'
import { idOf, type TaskRecord } from '../model.ts'
import { type Plane, visibleTasks } from '../plane.ts'
import { findService } from '../services.ts'
import { stopTask } from '../tasks.ts'
import { clusterOf, type Input, identifiersOf, pageOf, textOf } from './input.ts'

/**
 * ListTasks. Without a desired status it lists what should run: a task that is being stopped isn't there any
 * more.
 */
export function listTasks(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const desiredStatus = textOf(input, 'desiredStatus') ?? 'RUNNING'
  if (!['RUNNING', 'PENDING', 'STOPPED'].includes(desiredStatus))
    throw invalidParameter(`desiredStatus is not known: ${desiredStatus}`)
  const tests = [
    (task: TaskRecord) => task.clusterArn === clusterArn && task.desiredStatus === desiredStatus,
    ...filtersOf(plane, input, clusterArn),
  ]
  const tasks = visibleTasks(plane).filter((task) => tests.every((test) => test(task)))
  const { page, ...rest } = pageOf(
    input,
    tasks.map(({ arn }) => arn),
    100,
  )
  return { taskArns: page, ...rest }
}

/** DescribeTasks of up to 100; what isn't there is a failure with the reason MISSING, not an error. */
export function describeTasks(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const wanted = identifiersOf(input, 'tasks', 100)
  const known = visibleTasks(plane).filter((task) => task.clusterArn === clusterArn)
  const found = wanted.map((reference) => ({
    reference,
    task: known.find(({ id }) => id === idOf(reference)),
  }))
  return {
    tasks: found.flatMap(({ task }) => (task === undefined ? [] : [apiTask(task)])),
    failures: found.flatMap(({ reference, task }) =>
      task === undefined ? [{ arn: taskArn(clusterArn, reference), reason: 'MISSING' }] : [],
    ),
  }
}

export function stopTaskAction(plane: Plane, input: Input) {
  const clusterArn = clusterOf(plane, input)
  const reference = textOf(input, 'task') ?? ''
  const task = visibleTasks(plane).find(
    ({ id, ...rest }) => id === idOf(reference) && rest.clusterArn === clusterArn,
  )
  if (task === undefined)
    throw new EcsError('InvalidParameterException', 'The referenced task was not found.')
  return {
    task: apiTask(stopTask(plane, task, 'UserInitiated', textOf(input, 'reason') ?? 'Task stopped by user')),
  }
}

function filtersOf(plane: Plane, input: Input, clusterArn: string): ((task: TaskRecord) => boolean)[] {
  const service = textOf(input, 'serviceName')
  const instance = textOf(input, 'containerInstance')
  const family = textOf(input, 'family')
  const startedBy = textOf(input, 'startedBy')
  const launchType = textOf(input, 'launchType')
  const name = service && findService(plane, clusterArn, service).name
  return [
    ...(name ? [(task: TaskRecord) => task.service === name] : []),
    ...(instance ? [(task: TaskRecord) => idOf(task.containerInstanceArn ?? '') === idOf(instance)] : []),
    ...(family ? [(task: TaskRecord) => task.definition.family === family] : []),
    ...(startedBy ? [(task: TaskRecord) => task.startedBy === startedBy] : []),
    ...(launchType ? [(task: TaskRecord) => task.launchType === launchType] : []),
  ]
}

function taskArn(clusterArn: string, reference: string): string {
  return reference.startsWith('arn:')
    ? reference
    : `${clusterArn.replace(':cluster/', ':task/')}/${reference}`
}
