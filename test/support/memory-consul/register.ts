import {
  deleteCheck,
  deleteNode,
  deleteService,
  missingService,
  setCheck,
  setNode,
  setService,
} from './catalog.ts'
import { type Fields, objectOf, text } from './fields.ts'
import { checkOf, nodeOf, serviceOf } from './records.ts'
import { mayWrite, type Rights } from './rights.ts'
import { beginWrite, type Store } from './state.ts'
import { refusalOf } from './txn-catalog.ts'

/** Consul's words and status for a request that it refuses. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, words: string) {
    super(words)
    this.status = status
  }
}

/** `/v1/catalog/register`: a node, a service and checks of it, all or nothing. */
export function register(store: Store, fields: Fields, rights: Rights): true {
  const node = nodeOf(fields, 'NodeMeta')
  if (text(fields, 'ID') !== '') throw new Error('This Consul does not know ids of nodes')
  const skip = fields.SkipNodeUpdate === true
  if (node.name === '') throw new Refusal(500, 'Must provide node')
  if (node.address === '' && !skip)
    throw new Refusal(500, 'Must provide address if SkipNodeUpdate is not set')
  const service = fields.Service === undefined ? null : serviceOf(objectOf(fields.Service))
  if (service !== null) refuse(refusalOf(service, rights))
  const checks = checksOf(fields, node.name)
  const before = store.nodes.get(node.name)
  const changes = before === undefined || (!skip && isChanged(before, node))
  if (changes && !mayWrite(rights, 'nodes')) refuse('Permission denied')
  for (const { serviceId } of checks) {
    if (!mayWrite(rights, serviceId === '' ? 'nodes' : 'services')) refuse('Permission denied')
  }
  const write = beginWrite(store)
  if (changes) setNode(write, node)
  const problem = service === null ? null : setService(write, node.name, service)
  const problems = [
    ...(problem === null ? [] : [`failed inserting service: ${problem}`]),
    ...checks.flatMap((check) => {
      const words = setCheck(write, check)
      const where = words === missingService ? ` on node "${node.name}"` : ''
      return words === null ? [] : [`failed inserting check: ${words}${where}`]
    }),
  ]
  if (problems[0] !== undefined) {
    write.undo()
    throw new Refusal(500, problems[0])
  }
  return true
}

function isChanged(
  before: { readonly address: string; readonly meta: unknown },
  node: ReturnType<typeof nodeOf>,
) {
  return before.address !== node.address || JSON.stringify(before.meta) !== JSON.stringify(node.meta)
}

function checksOf(fields: Fields, node: string): ReturnType<typeof checkOf>[] {
  const list = Array.isArray(fields.Checks) ? fields.Checks : []
  const given = [...(fields.Check === undefined ? [] : [fields.Check]), ...list]
  return given.map((one) => {
    const check = checkOf(objectOf(one))
    if (check.node !== '' && check.node !== node)
      throw new Refusal(500, `check node "${check.node}" does not match node "${node}"`)
    return { ...check, node, type: typeOf(check.definition) }
  })
}

function typeOf(definition: Fields): string {
  if (definition.Interval === undefined) return ''
  if (definition.HTTP !== undefined) return 'http'
  return definition.TCP === undefined ? '' : 'tcp'
}

function refuse(words: string | null): void {
  if (words !== null) throw new Refusal(words === 'Permission denied' ? 403 : 500, words)
}

/** `/v1/catalog/deregister`: a service, a check, or, where neither is named, the whole node. */
export function deregister(store: Store, fields: Fields, rights: Rights): true {
  const [node, service, check] = [text(fields, 'Node'), text(fields, 'ServiceID'), text(fields, 'CheckID')]
  if (node === '') throw new Refusal(500, 'Must provide node')
  if (!mayWrite(rights, service === '' && check === '' ? 'nodes' : 'services')) refuse('Permission denied')
  const write = beginWrite(store)
  if (service !== '') deleteService(write, node, service)
  else if (check !== '') deleteCheck(write, node, check)
  else deleteNode(write, node)
  return true
}
