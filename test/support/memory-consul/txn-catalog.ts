import {
  deleteCheck,
  deleteNode,
  deleteService,
  type Problem,
  setCheck,
  setNode,
  setService,
} from './catalog.ts'
import { type Fields, objectOf, text, whole } from './fields.ts'
import { checkJson, checkOf, nodeJson, nodeOf, serviceJson, serviceOf } from './records.ts'
import { mayWrite, type Rights } from './rights.ts'
import type { Writing } from './state.ts'
import type { Op, Result } from './txn-op.ts'

export function nodeOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const given = objectOf(fields.Node)
  if (text(given, 'ID') !== '') throw new Error('This Consul does not know ids of nodes')
  const node = nodeOf(given, 'Meta')
  const index = whole(given, 'ModifyIndex')
  const writes = verb !== 'get'
  const refusal = !writes
    ? null
    : node.name === ''
      ? 'Must provide node'
      : mayWrite(rights, 'nodes')
        ? null
        : 'Permission denied'
  return { kind: 'Node', writes, refusal, run: (write) => runNode(write, verb, node, index) }
}

function runNode(
  write: Writing,
  verb: string,
  node: ReturnType<typeof nodeOf>,
  index: number,
): readonly Result[] | string {
  const before = write.store.nodes.get(node.name)
  const results = () => {
    const now = write.store.nodes.get(node.name)
    return now === undefined ? [] : [{ Node: nodeJson(now) }]
  }
  switch (verb) {
    case 'get':
      return before === undefined ? `node "${node.name}" doesn't exist` : results()
    case 'cas':
    case 'set':
      if (verb === 'cas' && (before?.modifyIndex ?? 0) !== index)
        return `failed to set node "${node.name}", index is stale`
      setNode(write, node)
      return results()
    case 'delete':
    case 'delete-cas':
      if (verb === 'delete-cas' && before?.modifyIndex !== index)
        return `failed to delete node "${node.name}", index is stale`
      deleteNode(write, node.name)
      return []
    default:
      return `unknown Node verb "${verb}"`
  }
}

export function serviceOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const node = text(fields, 'Node')
  const given = objectOf(fields.Service)
  const writes = verb !== 'get'
  // A read isn't looked through beforehand, which is what gives a service its id.
  const service = writes ? serviceOf(given) : { ...serviceOf(given), id: text(given, 'ID') }
  const index = whole(given, 'ModifyIndex')
  const refusal = writes ? refusalOf(service, rights) : null
  return { kind: 'Service', writes, refusal, run: (write) => runService(write, verb, node, service, index) }
}

/** Whether a service may be written at all. */
export function refusalOf(service: ReturnType<typeof serviceOf>, rights: Rights): Problem {
  if (service.id !== '' && service.service === '') return 'Must provide service name with ID'
  if (service.address === '0.0.0.0' || service.address === '::') return 'Invalid service address'
  return mayWrite(rights, 'services') ? null : 'Permission denied'
}

function runService(
  write: Writing,
  verb: string,
  node: string,
  service: ReturnType<typeof serviceOf>,
  index: number,
): readonly Result[] | string {
  const { id } = service
  const before = write.store.services.get(node)?.get(id)
  switch (verb) {
    case 'get':
      return before === undefined
        ? `service "${id}" on node "${node}" doesn't exist`
        : [{ Service: serviceJson(before) }]
    case 'cas':
    case 'set': {
      if (verb === 'cas' && (before?.modifyIndex ?? 0) !== index)
        return `failed to set service "${id}" on node "${node}", index is stale`
      const problem = setService(write, node, service)
      if (problem !== null) return problem
      const now = write.store.services.get(node)?.get(id)
      return now === undefined ? [] : [{ Service: serviceJson(now) }]
    }
    case 'delete':
    case 'delete-cas':
      if (verb === 'delete-cas' && before?.modifyIndex !== index)
        return `failed to delete service "${id}" on node "${node}", index is stale`
      deleteService(write, node, id)
      return []
    default:
      return `unknown Service verb "${verb}"`
  }
}

export function checkOp(fields: Fields, rights: Rights): Op {
  const verb = text(fields, 'Verb')
  const given = objectOf(fields.Check)
  const writes = verb !== 'get'
  const check = writes ? checkOf(given) : { ...checkOf(given), checkId: text(given, 'CheckID') }
  const index = whole(given, 'ModifyIndex')
  const allowed = mayWrite(rights, check.serviceId === '' ? 'nodes' : 'services')
  const refusal = writes && !allowed ? 'Permission denied' : null
  return { kind: 'Check', writes, refusal, run: (write) => runCheck(write, verb, check, index) }
}

function runCheck(
  write: Writing,
  verb: string,
  check: ReturnType<typeof checkOf>,
  index: number,
): readonly Result[] | string {
  const { node, checkId } = check
  const before = write.store.checks.get(node)?.get(checkId)
  const results = () => {
    const now = write.store.checks.get(node)?.get(checkId)
    return now === undefined ? [] : [{ Check: checkJson(now) }]
  }
  switch (verb) {
    case 'get':
      return before === undefined ? `check "${checkId}" on node "${node}" doesn't exist` : results()
    case 'set': {
      const problem = setCheck(write, check)
      return problem === null ? results() : problem
    }
    case 'cas':
      if ((before?.modifyIndex ?? 0) !== index)
        return `failed to set check "${checkId}" on node "${node}", index is stale`
      // Consul forgets why this failed: a check without its node or service is answered as if it were written.
      setCheck(write, check)
      return results()
    case 'delete':
    case 'delete-cas':
      if (verb === 'delete-cas' && before?.modifyIndex !== index)
        return `failed to delete check "${checkId}" on node "${node}", index is stale`
      deleteCheck(write, node, checkId)
      return []
    default:
      return `unknown Check verb "${verb}"`
  }
}
