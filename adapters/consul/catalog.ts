import type { CatalogCheck } from '../../core/catalog/snapshot.ts'
import type { NodeCheck } from '../../core/reconcile/catalog-state.ts'
import {
  type Fields,
  fieldsOf,
  listOf,
  optionalFieldsOf,
  optionalTextOf,
  textOf,
} from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'
import { understood } from './errors.ts'

/** A service of one node as the catalog holds it, with its checks; untrusted data. */
export type NodeService = {
  readonly id: string
  readonly service: string
  readonly address: string
  readonly port: number
  /** Sorted. */
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly weight: number
  readonly checks: readonly NodeCheck[]
}

/** All services of a node, read consistently; empty if the node isn't there. */
export async function readNodeServices(client: ConsulClient, node: string): Promise<readonly NodeService[]> {
  const name = encodeURIComponent(node)
  const [services, checks] = await Promise.all([
    client.request({ method: 'GET', path: `/v1/catalog/node/${name}`, consistent: true }),
    client.request({ method: 'GET', path: `/v1/health/node/${name}`, consistent: true }),
  ])
  if (services.body === null) return []
  return understood(`a read of the services of the node ${node}`, () =>
    parseServices(services.body, checks.body),
  )
}

function parseServices(services: unknown, checks: unknown): readonly NodeService[] {
  const parsed = listOf(fieldsOf({ checks: checks ?? [] }, 'health'), 'checks').map(parseNodeCheck)
  // One node holds a whole cluster: looking through all checks for each service would be a hundred million looks.
  const byService = Map.groupBy(parsed, ({ serviceId }) => serviceId)
  const map = optionalFieldsOf(fieldsOf(services, 'catalog'), 'Services')
  return Object.entries(map.value).map(([id, value]) =>
    parseService(fieldsOf(value, `Services.${id}`), byService),
  )
}

function parseService(fields: Fields, checks: ReadonlyMap<string, readonly NodeCheck[]>): NodeService {
  const id = textOf(fields, 'ID')
  return {
    id,
    service: textOf(fields, 'Service'),
    address: optionalText(fields, 'Address'),
    port: typeof fields.value.Port === 'number' ? fields.value.Port : 0,
    tags: texts(fields.value.Tags).toSorted(),
    meta: textRecord(optionalFieldsOf(fields, 'Meta').value),
    weight: weightOf(optionalFieldsOf(fields, 'Weights')),
    checks: checks.get(id) ?? [],
  }
}

function parseNodeCheck(fields: Fields): NodeCheck {
  return {
    ...parseCheck(fields),
    name: optionalText(fields, 'Name'),
    definition: optionalFieldsOf(fields, 'Definition').value,
    modifyIndex: typeof fields.value.ModifyIndex === 'number' ? fields.value.ModifyIndex : 0,
  }
}

/** One check as Consul states it; an unknown status counts as critical, never as passing. */
export function parseCheck(fields: Fields): CatalogCheck {
  const status = fields.value.Status
  return {
    id: textOf(fields, 'CheckID'),
    serviceId: optionalText(fields, 'ServiceID'),
    status: status === 'passing' || status === 'warning' ? status : 'critical',
    output: optionalText(fields, 'Output'),
  }
}

function optionalText(fields: Fields, name: string): string {
  return fields.value[name] === '' ? '' : (optionalTextOf(fields, name) ?? '')
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((member): member is string => typeof member === 'string') : []
}

function textRecord(value: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const pairs = Object.entries(value)
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

function weightOf({ value }: Fields): number {
  return typeof value.Passing === 'number' ? value.Passing : 1
}
