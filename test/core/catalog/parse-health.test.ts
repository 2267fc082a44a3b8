import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHealth } from '../../../core/catalog/parse-health.ts'
import { parseServices } from '../../../core/catalog/parse-services.ts'

const entry = (over: object = {}, node: object = {}) => ({
  Node: { Node: 'n1', Address: '10.1.1.1', ...node },
  Service: {
    ID: 'web-1',
    Service: 'web',
    Address: '10.0.0.1',
    Port: 80,
    Tags: ['b', 'a'],
    Meta: { k: 'v' },
    ...over,
  },
  Checks: [{ CheckID: 'c', ServiceID: 'web-1', Status: 'passing', Output: 'ok' }],
})
const read = (...entries: unknown[]) => parseHealth(entries, 'web', 'dc1').instances

test('an instance is read with sorted tags, and weight 1 where none is stated', () => {
  const [one] = read(entry())
  assert.deepEqual(one?.tags, ['a', 'b'])
  assert.equal(one?.weight, 1)
  assert.deepEqual(one?.checks, [{ id: 'c', serviceId: 'web-1', status: 'passing', output: 'ok' }])
})

test('the address falls back to that of the node', () => {
  assert.equal(read(entry({ Address: '' }))[0]?.address, '10.1.1.1')
})

test('an unknown status is critical', () => {
  const odd = { ...entry(), Checks: [{ CheckID: 'c', Status: 'maintenance' }] }
  assert.equal(read(odd)[0]?.checks[0]?.status, 'critical')
})

test('the order of the answer does not matter', () => {
  const [a, b] = [entry({ ID: 'a' }), entry({ ID: 'b' }, { Node: 'n0' })]
  assert.deepEqual(read(a, b), read(b, a))
})

test('weights are kept within what nginx takes', () => {
  const weight = (Passing: unknown) => read(entry({ Weights: { Passing } }))[0]?.weight
  assert.deepEqual([weight(5), weight(0), weight(1e9), weight('x')], [5, 1, 65_535, 1])
})

for (const body of [null, {}, 'No cluster leader', [{ Node: {}, Service: {} }]])
  test(`${JSON.stringify(body)} is a failed read, never an empty service`, () => {
    assert.throws(() => parseHealth(body, 'web', 'dc1'), { code: 'CONSUL_REFUSED' })
  })

test('service names come with sorted tags, in order', () => {
  assert.deepEqual(
    [...parseServices({ web: ['b', 'a'], api: [] })],
    [
      ['api', []],
      ['web', ['a', 'b']],
    ],
  )
  assert.throws(() => parseServices(null), { code: 'CONSUL_REFUSED' })
})
