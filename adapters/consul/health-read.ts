import { checkOutputs, entryMeta } from '../../core/catalog/entry.ts'
import { type Fields, fieldsOf, listOf, optionalFieldsOf } from '../../core/task/fields.ts'
import { parseCheck } from './catalog.ts'
import type { ConsulClient } from './client.ts'

/**
 * ARNs of the tasks of ours that have an instance of these services waiting for its first healthy verdict. Mostly there is none, and
 * then this is one small request, however large the services are.
 */
export async function readWaitingTasks(
  client: ConsulClient,
  services: readonly string[],
  deployment: string,
): Promise<readonly string[]> {
  const waiting = await waitingServices(client, new Set(services))
  const arns = await Promise.all(waiting.map((service) => waitingTasksOf(client, service, deployment)))
  return [...new Set(arns.flat())]
}

/** Consul picks the checks out: in a deployment of many services their full state would be megabytes for each batch of events. */
async function waitingServices(
  client: ConsulClient,
  services: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (services.size === 0) return []
  const query = { filter: `Output == ${JSON.stringify(checkOutputs.waiting)}` }
  const { body } = await client.request({ method: 'GET', path: '/v1/health/state/critical', query })
  const checks = listOf(fieldsOf({ checks: body ?? [] }, 'health'), 'checks')
  const names = checks.filter(({ value }) => value.Output === checkOutputs.waiting).map(nameOf)
  return [...new Set(names)].filter((name) => services.has(name))
}

/** Empty for a check of a node. */
function nameOf({ value }: Fields): string {
  return typeof value.ServiceName === 'string' ? value.ServiceName : ''
}

async function waitingTasksOf(
  client: ConsulClient,
  service: string,
  deployment: string,
): Promise<readonly string[]> {
  const path = `/v1/health/service/${encodeURIComponent(service)}`
  const { body } = await client.request({ method: 'GET', path })
  const members = listOf(fieldsOf({ members: body ?? [] }, 'health'), 'members')
  return members.flatMap((member) => waitingTask(member, deployment) ?? [])
}

function waitingTask(member: Fields, deployment: string): string | null {
  const meta = optionalFieldsOf(optionalFieldsOf(member, 'Service'), 'Meta').value
  const waits = listOf(member, 'Checks').some((check) => parseCheck(check).output.startsWith('waiting'))
  const arn = meta[entryMeta.taskArn]
  return waits && meta[entryMeta.registrar] === deployment && typeof arn === 'string' ? arn : null
}
