import { fieldsOf, optionalFieldsOf, textOf } from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'
import { understood } from './errors.ts'
import { textsOf } from './texts.ts'

/** A service of a node, as much of it as says whose it is. */
export type NodeEntry = {
  readonly id: string
  readonly service: string
  readonly meta: Readonly<Record<string, string>>
}

/** All services of a node without their checks, read consistently; empty if the node isn't there. */
export async function readNodeEntries(client: ConsulClient, node: string): Promise<readonly NodeEntry[]> {
  const path = `/v1/catalog/node/${encodeURIComponent(node)}`
  const { body } = await client.request({ method: 'GET', path, consistent: true })
  if (body === null) return []
  return understood(`a read of the services of the node ${node}`, () => parseEntries(body))
}

function parseEntries(body: unknown): readonly NodeEntry[] {
  const { value } = optionalFieldsOf(fieldsOf(body, 'catalog'), 'Services')
  return Object.entries(value).map(([id, service]) => {
    const fields = fieldsOf(service, `Services.${id}`)
    const meta = textsOf(optionalFieldsOf(fields, 'Meta').value)
    return { id: textOf(fields, 'ID'), service: textOf(fields, 'Service'), meta }
  })
}
