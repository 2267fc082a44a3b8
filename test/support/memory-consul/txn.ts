import { BodyError, type Fields, objectOf } from './fields.ts'
import { mayRead, type Rights } from './rights.ts'
import { beginWrite, type Store } from './state.ts'
import { checkOp, nodeOp, serviceOp } from './txn-catalog.ts'
import { kvOp } from './txn-kv.ts'
import type { Op, Result } from './txn-op.ts'

type TxnAnswer = { readonly status: 200 | 409; readonly body: unknown }

/** All operations or none. Each one runs and every failing one is named, unless one was refused before. */
export function runTxn(store: Store, body: unknown, rights: Rights): TxnAnswer {
  if (!Array.isArray(body)) throw new BodyError('Failed to parse body: json: cannot unmarshal object')
  const ops = body.map((op) => parseOp(objectOf(op), rights))
  const readOnly = !ops.some(({ writes }) => writes)
  const refused = ops.flatMap(({ refusal }, index) => (refusal === null ? [] : [errorOf(index, refusal)]))
  if (refused.length > 0) return conflict(refused, readOnly)
  const write = beginWrite(store)
  if (readOnly) store.index -= 1
  const results: Result[] = []
  const errors: Result[] = []
  ops.forEach(({ run, kind }, index) => {
    const result = run(write)
    if (typeof result === 'string') errors.push(errorOf(index, result))
    else if (mayRead(rights, rightOf[kind])) results.push(...result)
  })
  if (errors.length === 0) return { status: 200, body: bodyOf(results, null, readOnly) }
  write.undo()
  return conflict(errors, readOnly)
}

const rightOf = { KV: 'keys', Service: 'services', Check: 'services', Node: 'nodes' } as const

function errorOf(index: number, words: string): Result {
  return { OpIndex: index, What: words }
}

function conflict(errors: readonly Result[], readOnly: boolean): TxnAnswer {
  return { status: 409, body: bodyOf(null, errors, readOnly) }
}

function bodyOf(results: readonly Result[] | null, errors: readonly Result[] | null, readOnly: boolean) {
  const meta = { Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: '' }
  return { Results: results, Errors: errors, ...(readOnly ? meta : {}) }
}

function parseOp(op: Fields, rights: Rights): Op {
  if (op.KV !== undefined && op.KV !== null) return kvOp(objectOf(op.KV), rights)
  if (op.Node !== undefined && op.Node !== null) return nodeOp(objectOf(op.Node), rights)
  if (op.Service !== undefined && op.Service !== null) return serviceOp(objectOf(op.Service), rights)
  if (op.Check !== undefined && op.Check !== null) return checkOp(objectOf(op.Check), rights)
  throw new BodyError('This Consul knows the operations KV, Node, Service and Check only')
}
