import fc from 'fast-check'
import type { See } from './see.ts'
import type { Step } from './transcript.ts'
import {
  base64,
  check,
  deregister,
  folder,
  get,
  kv,
  node,
  nodeOp,
  type Op,
  put,
  register,
  service,
} from './words.ts'

/** Which index an operation names: the one its object has now, none, or one of long ago. */
type Index = 'current' | 'zero' | 'stale'

/** A part of a transaction as data, so that a failing sequence can be read. */
type Part = { readonly type: 'KV' | 'Service' | 'Check' | 'Node'; readonly op: Op; readonly index: Index }
export type Move =
  | { readonly parts: readonly Part[] }
  | { readonly step: Step; readonly toString: () => string }

const few = <Value>(...values: readonly Value[]) => fc.constantFrom(...values)
const index: fc.Arbitrary<Index> = few('current', 'zero', 'stale')
const nodes = few(node, `${node}-2`)
const ids = few('s1', 's2', '')
const optional = { requiredKeys: [] }

const kvPart = fc.record({
  type: fc.constant('KV' as const),
  op: fc
    .tuple(
      few(
        'set',
        'cas',
        'cas',
        'get',
        'get-tree',
        'delete',
        'delete-cas',
        'delete-tree',
        'check-index',
        'check-not-exists',
      ),
      few('a', 'a/b', 'b'),
      fc.record({ Value: few(base64('1'), base64('2'), undefined), Flags: few(0, 1) }, optional),
    )
    .map(([verb, key, more]) => kv(verb, key, more)),
  index,
})

const servicePart = fc.record({
  type: fc.constant('Service' as const),
  op: fc
    .tuple(
      few('set', 'set', 'cas', 'get', 'delete', 'delete-cas'),
      ids,
      fc.record(
        {
          Service: few('contract', 'contract-2', ''),
          Port: few(1, 2),
          Tags: few([], ['t'], null),
          Meta: few({}, { a: '1' }, { 'a.b': 'bad' }, null),
          Weights: few({ Passing: 1, Warning: 1 }, { Passing: 2, Warning: 0 }),
          Address: few('10.0.0.1', '', '0.0.0.0'),
        },
        optional,
      ),
      nodes,
    )
    .map(([verb, id, more, on]) => service(verb, id, more, on)),
  index,
})

const checkFields = fc.record(
  {
    Node: nodes,
    ServiceID: few('s1', 's2', ''),
    ServiceName: few('contract', 'odd'),
    Status: few('passing', 'critical', 'warning'),
    Output: few('', 'o'),
    Definition: few({}, { TCP: 'x:1', Interval: '10s' }),
  },
  optional,
)

const checkPart = fc.record({
  type: fc.constant('Check' as const),
  op: fc
    .tuple(few('set', 'set', 'cas', 'get', 'delete', 'delete-cas'), few('c1', 'c2'), checkFields)
    .map(([verb, id, more]) => check(verb, id, more)),
  index,
})

const nodePart = fc.record({
  type: fc.constant('Node' as const),
  op: fc
    .tuple(few('set', 'cas', 'get', 'delete', 'delete-cas'), nodes, few({}, { Meta: { who: 'contract' } }))
    .map(([verb, name, more]) => nodeOp(verb, name, more)),
  index,
})

const txnMove = fc.record({
  parts: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: kvPart },
      { weight: 5, arbitrary: servicePart },
      { weight: 4, arbitrary: checkPart },
      { weight: 1, arbitrary: nodePart },
    ),
    { minLength: 1, maxLength: 5 },
  ),
})

const serviceBody = fc.record(
  {
    ID: ids,
    Service: few('contract', 'contract-2'),
    Port: few(1, 2),
    Meta: few({ 'a.b': 'bad' }, { a: '1' }),
  },
  { requiredKeys: ['Service'] },
)
const registerMove = fc
  .record(
    {
      Node: nodes,
      Address: few('192.0.2.1', '192.0.2.2'),
      SkipNodeUpdate: fc.boolean(),
      NodeMeta: few({}, { who: 'contract' }),
      Service: serviceBody,
      Checks: fc
        .array(fc.tuple(few('c1', 'c2'), checkFields), { maxLength: 2 })
        .map((all) =>
          all.map(([CheckID, { Node: _elsewhere, ...more }]) => ({ CheckID, Name: 'a check', ...more })),
        ),
    },
    { requiredKeys: ['Address'] },
  )
  .map((body) => named(`register ${JSON.stringify(body)}`, register(body)))

const deregisterMove = fc
  .record({ Node: nodes, ServiceID: few('s1', 's2'), CheckID: few('c1', 'c2') }, optional)
  .map((body) => named(`deregister ${JSON.stringify(body)}`, deregister(body)))

const keyMove = fc
  .tuple(few('PUT', 'DELETE'), few('a', 'a/b'), few({}, { cas: '0' }, { cas: '3' }))
  .map(([method, key, query]) => {
    const path = `/v1/kv/${folder}${key}`
    const step = method === 'PUT' ? put(path, 'v', query) : () => ({ method: 'DELETE' as const, path, query })
    return named(`${method} ${path} ${JSON.stringify(query)}`, step)
  })

const readMove = few(
  `/v1/catalog/node/${node}`,
  `/v1/health/node/${node}`,
  '/v1/health/service/contract',
  `/v1/kv/${folder}a`,
).map((path) => named(`GET ${path}`, get(path)))

export const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: txnMove },
    { weight: 3, arbitrary: registerMove },
    { weight: 1, arbitrary: deregisterMove },
    { weight: 2, arbitrary: keyMove },
    { weight: 1, arbitrary: readMove },
  ),
  { minLength: 1, maxLength: 12 },
)

function named(words: string, step: Step): Move {
  return { step, toString: () => words }
}

export function stepOf(move: Move): Step {
  if ('step' in move) return move.step
  return async (see) => {
    const body = await Promise.all(move.parts.map((part) => withIndex(part, see)))
    return { method: 'PUT', path: '/v1/txn', body }
  }
}

const longAgo = 2

async function withIndex({ type, op, index: wanted }: Part, see: See): Promise<Op> {
  const value = wanted === 'zero' ? 0 : wanted === 'stale' ? longAgo : await current(type, op, see)
  const inner = op[type] as Op
  if (type === 'KV') return { KV: { ...inner, Index: value } }
  const object = inner[type] as Op
  return { [type]: { ...inner, [type]: { ...object, ModifyIndex: value } } }
}

function current(type: Part['type'], op: Op, see: See): Promise<number> {
  const inner = op[type] as Op
  const object = inner[type] as Op
  if (type === 'KV') return see.key(String(inner.Key))
  if (type === 'Node') return see.node(String(object.Node))
  if (type === 'Service') return see.service(String(inner.Node), String(object.ID || object.Service))
  return see.check(String(object.Node), String(object.CheckID))
}
