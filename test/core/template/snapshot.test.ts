import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogData, parseCatalogFile } from '../../../core/template/snapshot.ts'

const parse = (value: unknown) => parseCatalogFile(value, 's.json is invalid')

test('an instance needs an address and a port; the rest has defaults', () => {
  const { instances, datacenters } = parse({
    services: [{ name: 'web', instances: [{ address: '10.0.0.1', port: 80 }] }],
  })
  assert.deepEqual(instances, [
    {
      ...{
        name: 'web',
        id: 'web-10.0.0.1-80',
        node: 'node',
        nodeAddress: '',
        nodeMeta: {},
        datacenter: 'dc1',
      },
      ...{ address: '10.0.0.1', port: 80, weight: 1, tags: [], meta: {}, checks: [] },
      ...{ status: 'passing', serving: true },
    },
  ])
  assert.deepEqual(datacenters, ['dc1'])
})

test('who does not pass takes no traffic, unless the file says so', () => {
  const instance = { address: '10.0.0.1', port: 80, status: 'critical' }
  const serving = (over: object) =>
    parse({ services: [{ name: 'web', instances: [{ ...instance, ...over }] }] }).instances[0]?.serving
  assert.equal(serving({}), false)
  assert.equal(serving({ serving: true }), true)
})

test('a catalog is complete: what is not in it is not there', () => {
  const data = catalogData(
    parse({ datacenter: 'dc2', kv: { 'a/b': '1', 'a/c@dc1': '2' }, services: [{ name: 'web' }] }),
  )
  assert.deepEqual(data.service('web', 'dc2'), [])
  assert.deepEqual(data.service('other', 'dc2'), [])
  assert.deepEqual(data.services('dc2'), [{ name: 'web', tags: [] }])
  assert.deepEqual([data.key('a/b', 'dc2'), data.key('a/c', 'dc2'), data.key('a/c', 'dc1')], ['1', null, '2'])
  assert.deepEqual([...(data.folder('a/', 'dc2') ?? [])], [['a/b', '1']])
  assert.deepEqual([data.node('n', 'dc2'), data.nodes('dc2'), data.datacenters()], [null, [], ['dc2']])
})

test('all that is wrong in a catalog is told at once, with its place', () => {
  const wrong = {
    servces: [],
    services: [
      { name: 'web' },
      { name: 'web' },
      { name: 'a', instances: [{ port: 99_999, status: 'up', meta: { a: 1 } }] },
    ],
    kv: { a: 1 },
  }
  assert.throws(
    () => parse(wrong),
    (error: Error) => {
      for (const line of [
        /servces: unknown setting; did you mean services\?/,
        /services\[2\]\.instances\[0\]\.address: expected a text, got nothing/,
        /services\[2\]\.instances\[0\]\.port: expected a whole number/,
        /services\[2\]\.instances\[0\]\.status: expected one of passing, warning, critical, maintenance, got "up"/,
        /services\[2\]\.instances\[0\]\.meta\.a: expected a text, got 1/,
        /kv\.a: expected a text, got 1/,
      ])
        assert.match(error.message, line)
      return true
    },
  )
  assert.throws(() => parse({ services: [{ name: 'web' }, { name: 'web' }] }), /each member once, got web/)
})
