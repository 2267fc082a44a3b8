import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { type ConsulClient, createConsulClient } from '../../adapters/consul/client.ts'
import { createEc2 } from '../../adapters/ec2.ts'
import { createEcs } from '../../adapters/ecs.ts'
import { createSsm } from '../../adapters/ssm.ts'
import { nodeName } from '../../core/catalog/entry.ts'
import { desiredInstances } from '../../core/task/desired.ts'
import type { Instance } from '../../core/task/instance.ts'
import { parseRecord } from '../../core/task/parse-record.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { Task } from '../../core/task/task.ts'
import { checkBody, serviceBody } from '../../core/txn/op.ts'
import type { AwsConfigs } from '../../functions/register/deps.ts'
import { createResolve } from '../../functions/register/resolve.ts'
import { cluster } from '../fleet.ts'
import { settings } from './lambdas.ts'

export type Registrar = {
  readonly register: (body: string) => Promise<void>
  readonly close: () => Promise<void>
}

type Put = { readonly path: string; readonly body: object }

const node = nodeName(cluster)

/**
 * A registrar of the agent's kind, for the same messages: it handles one at a time and sends one PUT for each instance of it, over
 * one connection that is kept open. A start registers service and check together, a drain sets the check, a stop deregisters
 * by service id. It parses, looks up and builds the same entries by the same code, through the same client with TLS, so that
 * only the way of writing differs; it keeps no ledger, and trusts the order of the messages.
 */
export function openOneAtATime(access: ConsulAccess, aws: Required<Omit<AwsConfigs, 'sts'>>): Registrar {
  const consul = createConsulClient(async () => access, { connections: 1 })
  const resolve = createResolve({
    ...createEcs(aws.ecs),
    ...createEc2(aws.ec2),
    ...createSsm(aws.ssm),
    now: Date.now,
  })
  const registered = new Map<string, readonly Instance[]>()

  async function instancesOf(task: Task): Promise<readonly Instance[]> {
    if (phaseOf(task) !== 'live') return registered.get(task.arn) ?? []
    const resolved = (await resolve([task]))(task)
    const registrar = {
      deployment: settings.deployment,
      servicePrefix: '',
      addressFamily: 'ipv4' as const,
      consul: null,
    }
    return desiredInstances({ task, ...resolved, health: {} }, registrar).instances
  }

  return {
    register: async (body) => {
      const news = parseRecord(body)
      if (news.kind !== 'task') return
      const instances = await instancesOf(news.task)
      for (const instance of instances) await put(consul, requestOf(news.task, instance))
      registered.set(news.task.arn, instances)
    },
    close: consul.close,
  }
}

function requestOf(task: Task, instance: Instance): Put {
  const phase = phaseOf(task)
  if (phase === 'gone')
    return { path: '/v1/catalog/deregister', body: { Node: node, ServiceID: instance.id } }
  const place = { Node: node, SkipNodeUpdate: true, Address: '192.0.2.1' }
  const check = checkBody(node, instance, phase === 'live' ? instance.check : 'draining')
  const service = phase === 'live' ? { Service: serviceBody(instance) } : {}
  return { path: '/v1/catalog/register', body: { ...place, ...service, Check: check } }
}

async function put(consul: ConsulClient, { path, body }: Put): Promise<void> {
  const { status } = await consul.request({ method: 'PUT', path, body })
  if (status !== 200) throw new Error(`Consul answered ${status} to ${path}`)
}
