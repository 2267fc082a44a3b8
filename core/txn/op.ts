import { type CheckReason, checkId, checkOutputs } from '../catalog/entry.ts'
import type { LedgerInstance } from '../ledger/ledger.ts'
import type { Instance } from '../task/instance.ts'
import type { StoredDefinition } from '../task/stored-check.ts'

/** One operation of `/v1/txn` in Consul's own words. */
export type TxnOp =
  | { readonly KV: KvOp }
  | { readonly Service: ServiceOp }
  | { readonly Check: { readonly Verb: 'set' | 'cas' | 'delete'; readonly Check: CheckBody } }
  | { readonly Node: NodeOp }

export type KvOp = {
  readonly Verb: 'cas' | 'set' | 'delete' | 'delete-cas' | 'get-tree'
  readonly Key: string
  /** Base64. */
  readonly Value?: string
  readonly Flags?: number
  readonly Index?: number
}

/** Never on the way of a task: a change of the node wakes every watcher of its services. */
export type NodeOp = {
  readonly Verb: 'cas' | 'delete-cas'
  readonly Node: NodeBody
}

export type NodeBody = {
  readonly Node: string
  readonly Address?: string
  readonly ID?: string
  readonly TaggedAddresses?: Readonly<Record<string, string>>
  readonly Meta?: Readonly<Record<string, string>>
  /** 0: only if there is no such node. */
  readonly ModifyIndex: number
}

export type ServiceOp = {
  readonly Verb: 'set' | 'delete'
  readonly Node: string
  readonly Service: ServiceBody
}

export type ServiceBody = {
  readonly ID: string
  /** Needed for a delete too: current servers refuse an operation without it. */
  readonly Service: string
  readonly Address?: string
  readonly Port?: number
  readonly Tags?: readonly string[]
  readonly Meta?: Readonly<Record<string, string>>
  readonly Weights?: { readonly Passing: number; readonly Warning: number }
}

export type CheckBody = {
  readonly Node: string
  readonly CheckID: string
  readonly Name: string
  readonly Status: 'passing' | 'warning' | 'critical'
  readonly Output: string
  readonly ServiceID: string
  /** Needed where the service is created in the same transaction. */
  readonly ServiceName: string
  /** Of a check that consul-esm runs. */
  readonly Definition?: StoredDefinition
  /** For a compare-and-set; 0: only if there is no such check. */
  readonly ModifyIndex?: number
}

export const checkName = 'ECS task'

export function casOp(key: string, value: string, index: number, flags = 0): TxnOp {
  return { KV: { Verb: 'cas', Key: key, Value: base64(value), Flags: flags, Index: index } }
}

export function setOp(key: string, value: string): TxnOp {
  return { KV: { Verb: 'set', Key: key, Value: base64(value) } }
}

export function deleteOp(key: string): TxnOp {
  return { KV: { Verb: 'delete', Key: key } }
}

/** Deletes the key if nobody wrote it since, else the whole transaction fails; one that is gone already is no failure. */
export function deleteCasOp(key: string, index: number): TxnOp {
  return { KV: { Verb: 'delete-cas', Key: key, Index: index } }
}

export function serviceSetOp(node: string, instance: Instance): TxnOp {
  return { Service: { Verb: 'set', Node: node, Service: serviceBody(instance) } }
}

/** The service as it stands in the catalog. Weights are always stated: a transaction copies whatever it is given. */
export function serviceBody(instance: Instance): Required<ServiceBody> {
  return {
    ID: instance.id,
    Service: instance.service,
    Address: instance.address,
    Port: instance.port,
    Tags: instance.tags,
    Meta: instance.meta,
    Weights: { Passing: instance.weight, Warning: 1 },
  }
}

/** Deleting a service takes its checks along. Both names must be there: with an empty id Consul would take the name for it. */
export function serviceDeleteOp(node: string, { id, service }: LedgerInstance): TxnOp {
  if (id === '' || service === '')
    throw new Error(`A service of node ${node} can't be deleted without id and name.`)
  return { Service: { Verb: 'delete', Node: node, Service: { ID: id, Service: service } } }
}

export function checkSetOp(node: string, instance: LedgerInstance, reason: CheckReason): TxnOp {
  return { Check: { Verb: 'set', Check: checkBody(node, instance, reason) } }
}

export function checkBody(node: string, { id, service }: LedgerInstance, reason: CheckReason): CheckBody {
  return {
    Node: node,
    CheckID: checkId(id),
    Name: checkName,
    Status: reason === 'passing' ? 'passing' : 'critical',
    Output: checkOutputs[reason],
    ServiceID: id,
    ServiceName: service,
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
