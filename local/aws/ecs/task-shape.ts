import type { ContainerRecord, EniAttachment, TaskRecord } from './model.ts'

type Times = { readonly [name in (typeof timeFields)[number]]?: number }

const timeFields = [
  'createdAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'stoppingAt',
  'executionStoppedAt',
  'stoppedAt',
  'updatedAt',
] as const

/** What an event's detail and the API's task have in common, in ECS's own field names. */
export function commonShape(task: TaskRecord, attachmentType: string) {
  return {
    attachments: task.attachment === undefined ? [] : [attachmentShape(task.attachment, attachmentType)],
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    availabilityZone: task.availabilityZone,
    clusterArn: task.clusterArn,
    ...(task.containerInstanceArn === undefined ? {} : { containerInstanceArn: task.containerInstanceArn }),
    cpu: String(sum(task, 'cpu')),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    group: task.group,
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    memory: String(sum(task, 'memory')),
    overrides: { containerOverrides: overridesOf(task) },
    ...(task.startedBy === undefined ? {} : { startedBy: task.startedBy }),
    ...(task.stopCode === undefined ? {} : { stopCode: task.stopCode }),
    ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
    taskArn: task.arn,
    taskDefinitionArn: task.definition.taskDefinitionArn,
    version: task.version,
  }
}

export function containerShape(container: ContainerRecord, task: TaskRecord) {
  const { definition, runtimeId, exitCode, reason } = container
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: definition.name,
    image: definition.image,
    ...(runtimeId === undefined ? {} : { runtimeId }),
    lastStatus: container.lastStatus,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    // ECS sends bindings in bridge mode only, and leaves the field out in awsvpc mode.
    ...(task.definition.networkMode === 'awsvpc' ? {} : { networkBindings: container.networkBindings }),
    networkInterfaces: interfacesOf(task),
    cpu: String(definition.cpu),
    memory: String(definition.memory),
  }
}

/** The times that have been reached, each written by `write`. */
export function timesOf<Written>(times: Times, write: (ms: number) => Written): Record<string, Written> {
  return Object.fromEntries(
    timeFields.flatMap((name) => {
      const value = times[name]
      return value === undefined ? [] : [[name, write(value)]]
    }),
  )
}

function attachmentShape({ id, status, privateIp }: EniAttachment, type: string) {
  const address = privateIp === undefined ? [] : [{ name: 'privateIPv4Address', value: privateIp }]
  const details = [
    { name: 'subnetId', value: 'subnet-0a1b2c3d4e5f60718' },
    { name: 'networkInterfaceId', value: `eni-0${id.replaceAll('-', '').slice(0, 16)}` },
    ...address,
  ]
  return { id, type, status, details }
}

function interfacesOf({ attachment }: TaskRecord) {
  if (attachment?.privateIp === undefined) return []
  return [{ attachmentId: attachment.id, privateIpv4Address: attachment.privateIp }]
}

function overridesOf(task: TaskRecord) {
  return task.containers.map(({ definition }) => {
    const override = task.overrides.find(({ name }) => name === definition.name)
    return override ?? { name: definition.name }
  })
}

function sum(task: TaskRecord, field: 'cpu' | 'memory'): number {
  return task.containers.reduce((total, { definition }) => total + definition[field], 0)
}
