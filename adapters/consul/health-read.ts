import { entryMeta } from '../../core/catalog/entry.ts'
import { type Fields, fieldsOf, listOf, optionalFieldsOf } from '../../core/task/fields.ts'
import { parseCheck } from './catalog.ts'
import type { ConsulClient } from './client.ts'

/** ARNs of the tasks of ours that have an instance of this service waiting for its first healthy verdict. */
export async function readWaitingTasks(
  client: ConsulClient,
  service: string,
  deployment: string,
): Promise<readonly string[]> {
  const path = `/v1/health/service/${encodeURIComponent(service)}`
  const { body } = await client.request({ method: 'GET', path })
  const members = listOf(fieldsOf({ members: body ?? [] }, 'health'), 'members')
  const arns = members.flatMap((member) => waitingTask(member, deployment) ?? [])
  return [...new Set(arns)]
}

function waitingTask(member: Fields, deployment: string): string | null {
  const meta = optionalFieldsOf(optionalFieldsOf(member, 'Service'), 'Meta').value
  const waits = listOf(member, 'Checks').some((check) => parseCheck(check).output.startsWith('waiting'))
  const arn = meta[entryMeta.taskArn]
  return waits && meta[entryMeta.registrar] === deployment && typeof arn === 'string' ? arn : null
}
