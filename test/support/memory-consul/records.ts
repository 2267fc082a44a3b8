import { definitionOf } from './definition.ts'
import { type Fields, objectOf, text, textMap, texts, whole } from './fields.ts'
import type { CheckRecord, NodeRecord, ServiceRecord } from './state.ts'

type Fresh<Record> = Omit<Record, 'createIndex' | 'modifyIndex'>

/** A service in a request's words. Without an id the name is the id. */
export function serviceOf(fields: Fields): Fresh<ServiceRecord> {
  const service = text(fields, 'Service')
  return {
    id: text(fields, 'ID') || service,
    service,
    address: text(fields, 'Address'),
    port: whole(fields, 'Port'),
    tags: texts(fields, 'Tags'),
    meta: textMap(fields, 'Meta'),
    weights: weightsOf(fields.Weights),
  }
}

/** A pair that isn't allowed is replaced without a word. */
function weightsOf(value: unknown): { readonly Passing: number; readonly Warning: number } {
  const fields = objectOf(value)
  const [Passing, Warning] = [whole(fields, 'Passing'), whole(fields, 'Warning')]
  const valid = Passing >= 1 && Passing <= 65_535 && Warning >= 0 && Warning <= 65_535
  return valid ? { Passing, Warning } : { Passing: 1, Warning: 1 }
}

export function checkOf(fields: Fields): Omit<Fresh<CheckRecord>, 'serviceTags'> {
  const name = text(fields, 'Name')
  return {
    node: text(fields, 'Node'),
    checkId: text(fields, 'CheckID') || name,
    name,
    status: text(fields, 'Status'),
    notes: text(fields, 'Notes'),
    output: text(fields, 'Output'),
    serviceId: text(fields, 'ServiceID'),
    serviceName: text(fields, 'ServiceName'),
    type: '',
    definition: definitionOf(fields.Definition),
  }
}

export function nodeOf(fields: Fields, metaField: 'Meta' | 'NodeMeta'): Fresh<NodeRecord> {
  return {
    name: text(fields, 'Node'),
    address: text(fields, 'Address'),
    meta: textMap(fields, metaField),
  }
}

export function serviceJson(record: ServiceRecord, listed = false): Record<string, unknown> {
  return {
    ID: record.id,
    Service: record.service,
    Tags: tagsOf(record.tags, listed),
    Address: record.address,
    Meta: record.meta === null ? null : { ...record.meta },
    Port: record.port,
    Weights: { ...record.weights },
    EnableTagOverride: false,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
    CreateIndex: record.createIndex,
    ModifyIndex: record.modifyIndex,
  }
}

export function checkJson(record: CheckRecord, listed = false): Record<string, unknown> {
  return {
    Node: record.node,
    CheckID: record.checkId,
    Name: record.name,
    Status: record.status,
    Notes: record.notes,
    Output: record.output,
    ServiceID: record.serviceId,
    ServiceName: record.serviceName,
    ServiceTags: tagsOf(record.serviceTags, listed),
    Type: record.type,
    Definition: structuredDefinition(record.definition),
    CreateIndex: record.createIndex,
    ModifyIndex: record.modifyIndex,
  }
}

export function nodeJson(record: NodeRecord): Record<string, unknown> {
  return {
    ID: '',
    Node: record.name,
    Address: record.address,
    Datacenter: 'dc1',
    TaggedAddresses: null,
    Meta: record.meta === null ? null : { ...record.meta },
    CreateIndex: record.createIndex,
    ModifyIndex: record.modifyIndex,
  }
}

/** Lists say `[]` where a transaction's result says null. */
function tagsOf(tags: readonly string[] | null, listed: boolean): string[] | null {
  if (tags === null) return listed ? [] : null
  return [...tags]
}

function structuredDefinition(definition: Fields): unknown {
  return Object.keys(definition).length === 0 ? {} : structuredClone(definition)
}
