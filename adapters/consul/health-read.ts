import { checkOutputs, entryMeta } from '../../core/catalog/entry.ts'
import { type Fields, fieldsOf, listOf, optionalFieldsOf } from '../../core/task/fields.ts'
import { parseCheck } from './catalog.ts'
import type { ConsulClient } from './client.ts'

/** Tasks of ours that have an instance of these services waiting for its first healthy verdict, by ARN. */
export type WaitingTasks = (services: readonly string[]) => Promise<readonly string[]>

// Docker runs the first check of a container after five seconds at the earliest, so one that began to wait since then isn't healthy yet.
const keptMs = 2_000

/**
 * Looks for waiting tasks, at most every two seconds for the names of their services: in a storm each batch asks, and thousands of
 * critical checks are looked through for each answer.
 */
export function createWaitingTasks(
  client: ConsulClient,
  deployment: string,
  now: () => number,
): WaitingTasks {
  let known: { readonly names: Promise<ReadonlySet<string>>; readonly until: number } | null = null

  function names(): Promise<ReadonlySet<string>> {
    if (known !== null && known.until > now()) return known.names
    const asked = waitingServices(client)
    known = { names: asked, until: now() + keptMs }
    asked.catch(() => {
      known = null
    })
    return asked
  }

  return async (services) => {
    if (services.length === 0) return []
    const waiting = await names()
    const chosen = [...new Set(services)].filter((service) => waiting.has(service))
    const arns = await Promise.all(chosen.map((service) => waitingTasksOf(client, service, deployment)))
    return [...new Set(arns.flat())]
  }
}

/** The same, looked for in several parts of Consul. */
export function everywhere(parts: readonly WaitingTasks[]): WaitingTasks {
  return async (services) => {
    const arns = await Promise.all(parts.map((waiting) => waiting(services)))
    return [...new Set(arns.flat())]
  }
}

/** Consul picks the checks out: in a deployment of many services their full state would be megabytes for each batch of events. */
async function waitingServices(client: ConsulClient): Promise<ReadonlySet<string>> {
  const query = { filter: `Output == ${JSON.stringify(checkOutputs.waiting)}` }
  const { body } = await client.request({ method: 'GET', path: '/v1/health/state/critical', query })
  const checks = listOf(fieldsOf({ checks: body ?? [] }, 'health'), 'checks')
  return new Set(checks.filter(({ value }) => value.Output === checkOutputs.waiting).map(nameOf))
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
