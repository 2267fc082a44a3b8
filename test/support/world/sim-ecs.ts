import type { Ecs } from '../../../adapters/ecs.ts'
import { parseTaskDefinition } from '../../../core/task/definition.ts'
import { parseTask } from '../../../core/task/parse-task.ts'
import type { Task } from '../../../core/task/task.ts'
import { account, clusterArn, region } from '../event.ts'
import { kinds, rawDefinition } from './kinds.ts'
import { changeTask, createTask, hostArn, hostIds, type SimTask } from './sim-task.ts'

/** The ways of a task: up to RUNNING, and down. DEACTIVATING is visited by every other task only, as in ECS. */
const upward = ['PROVISIONING', 'PENDING', 'RUNNING']
const downward = ['DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED']

export type SimEvent = { readonly body: string; readonly at: number }

/** ECS and EC2 as far as they matter: tasks with versions, hosts, and an event for every change of a version. */
export type SimEcs = {
  readonly tasks: SimTask[]
  /** By host: 'up', 'lost' (EC2 says so, ECS not yet) or 'dead' (ECS has given its tasks up). */
  readonly hosts: ('up' | 'lost' | 'dead')[]
  /** Ever lost, so that a drain because of it was right at that time. */
  readonly wasLost: boolean[]
  readonly calls: string[]
  /** Until then reads find nothing at all, as with a role or region that is wrong. */
  readonly blind: { until: number; long: boolean }
  readonly start: (kind: number, host: number, revision: number) => void
  /** One status ahead, up or down. */
  readonly advance: (task: SimTask) => void
  readonly stop: (task: SimTask) => void
  readonly change: (task: SimTask, change: (task: SimTask) => void) => void
  readonly loseHost: (host: number) => void
  /** ECS notices: the tasks of a lost host are stopped without having been told. */
  readonly giveUp: (host: number) => void
  readonly returnHost: (host: number) => void
  readonly forget: (task: SimTask) => void
  readonly ecs: Ecs
  readonly addresses: ReadonlyMap<string, string>
}

export function createSimEcs(now: () => number, emit: (event: SimEvent) => void): SimEcs {
  const tasks: SimTask[] = []
  const hosts: SimEcs['hosts'] = ['up', 'up']
  const wasLost = [false, false]
  const calls: string[] = []
  const blind = { until: 0, long: false }

  function announce(task: SimTask): void {
    emit(envelope('aws.ecs', 'ECS Task State Change', task.snapshots.get(task.version), now()))
  }

  function change(task: SimTask, how: (task: SimTask) => void): void {
    changeTask(task, how)
    task.changedAt = now()
    announce(task)
  }

  function advance(task: SimTask): void {
    const next = nextStatus(task)
    if (next === null) return
    change(task, () => {
      task.last = next
      const container = next === 'RUNNING' ? 'RUNNING' : next === 'STOPPED' ? 'STOPPED' : null
      if (container !== null) for (const name of task.containers.keys()) task.containers.set(name, container)
    })
  }

  return {
    tasks,
    hosts,
    wasLost,
    calls,
    blind,
    start: (kind, host, revision) => {
      const usable = hosts[host] === 'up' ? host : hosts.indexOf('up')
      const chosen = kinds[kind]
      if (chosen === undefined || (usable < 0 && chosen.mode !== 'awsvpc')) return
      const task = createTask(tasks.length + 1, chosen, revision, Math.max(0, usable))
      tasks.push(task)
      announce(task)
    },
    advance,
    change,
    stop: (task) => {
      if (task.desired === 'STOPPED') return
      change(task, () => {
        task.desired = 'STOPPED'
      })
    },
    loseHost: (host) => {
      if (hosts[host] !== 'up') return
      hosts[host] = 'lost'
      wasLost[host] = true
      const detail = { 'instance-id': hostIds[host], state: 'shutting-down' }
      emit(envelope('aws.ec2', 'EC2 Instance State-change Notification', detail, now()))
      emit(hostEvent(host, 'INACTIVE', now()))
    },
    giveUp: (host) => {
      if (hosts[host] !== 'lost') return
      hosts[host] = 'dead'
      for (const task of tasks.filter((one) => one.host === host && one.last !== 'STOPPED')) {
        change(task, () => {
          task.desired = 'STOPPED'
          task.last = 'STOPPED'
          for (const name of task.containers.keys()) task.containers.set(name, 'STOPPED')
        })
      }
    },
    returnHost: (host) => {
      if (hosts[host] !== 'lost') return
      hosts[host] = 'up'
      emit(hostEvent(host, 'ACTIVE', now()))
    },
    forget: (task) => {
      if (task.last === 'STOPPED') task.forgotten = true
    },
    ecs: simApi({ tasks, hosts, calls, blind }, now),
    addresses: new Map(hostIds.map((id, host) => [id, `10.0.0.${host + 1}`])),
  }
}

function nextStatus(task: SimTask): string | null {
  const down = downward.indexOf(task.last)
  if (task.desired === 'STOPPED' || down >= 0) {
    const first = task.number % 2 === 0 ? 0 : 1
    return downward[down < 0 ? first : down + 1] ?? null
  }
  return upward[upward.indexOf(task.last) + 1] ?? null
}

type Known = Pick<SimEcs, 'tasks' | 'hosts' | 'calls' | 'blind'>

function simApi({ tasks, hosts, calls, blind }: Known, now: () => number): Ecs {
  const isShown = (task: SimTask) => now() >= blind.until && !task.forgotten && now() >= task.hiddenUntil
  // Where ECS has lost a task for long, its services don't count it either.
  const isLost = (task: SimTask) => task.wasHiddenLong && now() < task.hiddenUntil
  const found = (arn: string) => tasks.find((task) => task.arn === arn && isShown(task))
  return {
    describeTasks: async (_cluster, arns) => {
      calls.push('DescribeTasks')
      const answers = arns.map((arn) => [arn, found(arn)] as const)
      return {
        tasks: answers.flatMap(([, task]) => (task === undefined ? [] : [readTask(task, now())])),
        missing: answers.flatMap(([arn, task]) => (task === undefined ? [arn] : [])),
        malformed: [],
      }
    },
    listTasks: async (_cluster, desired) => {
      calls.push('ListTasks')
      const shown = tasks.filter((task) => task.desired === desired && isShown(task))
      for (const task of shown) task.wasSeen = true
      return shown.map(({ arn }) => arn)
    },
    describeTaskDefinition: async (arn) => {
      calls.push('DescribeTaskDefinition')
      return parseTaskDefinition(rawDefinition(arn))
    },
    describeContainerInstances: async (_cluster, arns) => {
      calls.push('DescribeContainerInstances')
      return new Map(arns.flatMap((arn) => instanceOf(arn, hosts)))
    },
    runningCounts: async (_cluster, services) => {
      calls.push('DescribeServices')
      if (now() < blind.until) return new Map()
      const counts = services.map((name) => {
        const members = tasks.filter(
          (task) => task.kind.service === name && task.last === 'RUNNING' && !isLost(task),
        )
        return [name, members.filter(({ desired }) => desired === 'RUNNING').length] as const
      })
      return new Map(counts)
    },
    connectedInstances: async (_cluster, arns) => {
      calls.push('DescribeContainerInstances')
      return new Map(arns.flatMap((arn) => instanceOf(arn, hosts)))
    },
  }
}

/** ECS still calls a lost instance ACTIVE for a while; only EC2 knows. */
function instanceOf(arn: string, hosts: SimEcs['hosts']): readonly (readonly [string, string])[] {
  const host = hosts.findIndex((_, index) => hostArn(index) === arn)
  return host < 0 || hosts[host] === 'dead' ? [] : [[arn, hostIds[host] ?? '']]
}

/** What a read answers: the newest state or, for some seconds and once, the one before; health is always that of now. */
function readTask(task: SimTask, now: number): Task {
  const isStale = task.isStale && task.version > 1 && now - task.changedAt < 10_000
  task.isStale = false
  const raw = task.snapshots.get(task.version - (isStale ? 1 : 0))
  const containers = raw?.containers.map((container) => {
    const healthStatus = task.health.get(container.name) ?? 'UNKNOWN'
    return { ...container, healthStatus }
  })
  return parseTask({ ...raw, containers })
}

function hostEvent(host: number, status: 'ACTIVE' | 'INACTIVE', at: number): SimEvent {
  const detail = { clusterArn, containerInstanceArn: hostArn(host), ec2InstanceId: hostIds[host] }
  const type = 'ECS Container Instance State Change'
  return envelope('aws.ecs', type, { ...detail, status, agentConnected: status === 'ACTIVE' }, at)
}

function envelope(source: string, type: string, detail: unknown, at: number): SimEvent {
  const time = new Date(at).toISOString()
  return { body: JSON.stringify({ source, account, region, 'detail-type': type, time, detail }), at }
}
