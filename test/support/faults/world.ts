import type { TestContext } from 'node:test'
import { type Ec2Instance, startEc2 } from '../../../local/aws/ec2/start.ts'
import { taskStateEvent } from '../../../local/aws/ecs/event-shape.ts'
import type { ContainerInstance, TaskRecord } from '../../../local/aws/ecs/model.ts'
import { openPlane } from '../../../local/aws/ecs/open-plane.ts'
import { handleEcs } from '../../../local/aws/ecs/protocol.ts'
import { listenHttp } from '../../../local/aws/http-server.ts'
import { clusterArn, type TaskOptions, taskDefinition, taskRecord } from '../event.ts'

export type World = {
  readonly ecsUrl: string
  readonly ec2Url: string
  /** Puts a running task of the service `web` there, or says that the task has stopped. */
  readonly start: (id: string) => void
  readonly drain: (id: string) => void
  readonly stop: (id: string) => void
  /** A running task of the service `api`, whose container declares a health check of which nothing is known yet. */
  readonly startUnchecked: (id: string) => void
  /** ECS doesn't know the task any more. */
  readonly forget: (id: string) => void
  /** The event of the task's latest change. */
  readonly event: (id: string) => object
  /** Tasks of `web` that serve, those that are being stopped left out. */
  readonly live: () => readonly TaskRecord[]
  readonly draining: () => readonly TaskRecord[]
  readonly task: (id: string) => TaskRecord
}

const host: ContainerInstance = {
  arn: `${clusterArn.replace(':cluster/', ':container-instance/')}/c1`,
  ec2InstanceId: 'i-0aaaaaaaaaaaaaaa1',
  privateIp: '10.1.2.3',
  availabilityZone: 'eu-central-1a',
  clusterArn,
  status: 'ACTIVE',
  agentConnected: true,
  version: 1,
}

const ec2Host: Ec2Instance = {
  instanceId: host.ec2InstanceId,
  privateIpAddress: host.privateIp,
  availabilityZone: host.availabilityZone,
  state: 'running',
}

/** The ECS and EC2 stand-ins over tasks that are records only, so that there can be hundreds of them. */
export async function startWorld(t: TestContext, now: () => number): Promise<World> {
  const plane = openPlane({ clusters: ['shop-ec2'], instances: [], now })
  const definition = taskDefinition()
  const checked = taskDefinition({
    family: 'api',
    containers: [{ name: 'api', portMappings: [{ containerPort: 8080 }], healthCheck: true }],
  })
  for (const one of [definition, checked]) plane.definitions.set(one.taskDefinitionArn, one)
  plane.instances.set(host.arn, host)
  const ecs = await listenHttp((message, response) => handleEcs(plane, message, response, () => undefined))
  t.after(() => ecs.close())
  const ec2 = await startEc2({ instances: () => [ec2Host] })
  t.after(() => ec2.close())
  let port = 20_000
  const ports = new Map<string, number>()
  function put(id: string, options: TaskOptions): void {
    const hostPort = ports.get(id) ?? ++port
    ports.set(id, hostPort)
    plane.tasks.set(id, taskRecord({ id, definition, at: now(), hostPorts: { 8080: hostPort }, ...options }))
  }
  const task = (id: string) => {
    const found = plane.tasks.get(id)
    if (found === undefined) throw new Error(`there is no task ${id}`)
    return found
  }
  const running = (desired: TaskRecord['desiredStatus']) =>
    [...plane.tasks.values()].filter(
      ({ service, lastStatus, desiredStatus }) =>
        service === 'web' && lastStatus === 'RUNNING' && desiredStatus === desired,
    )
  return {
    ecsUrl: ecs.url,
    ec2Url: ec2.url,
    start: (id) => put(id, {}),
    drain: (id) => put(id, { desiredStatus: 'STOPPED' }),
    stop: (id) => put(id, { lastStatus: 'STOPPED' }),
    startUnchecked: (id) => put(id, { definition: checked, service: 'api' }),
    forget: (id) => void plane.tasks.delete(id),
    event: (id) => taskStateEvent(task(id)),
    live: () => running('RUNNING'),
    draining: () => running('STOPPED'),
    task,
  }
}
