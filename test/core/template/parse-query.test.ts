import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Need, needText, parseNeed, readsPlaces, statuses } from '../../../core/template/need.ts'
import {
  parseKeyQuery,
  parseNodeQuery,
  parsePlaceQuery,
  parseServiceQuery,
  serviceNeed,
} from '../../../core/template/parse-query.ts'
import { property } from '../../support/scale.ts'

const service = (query: string) => needText(parseServiceQuery(query, 'dc1'))

test("a service query is read as consul-template's", () => {
  const read: readonly (readonly [string, string])[] = [
    ['web', 'service name="web" dc="dc1" status="passing"'],
    ['blue.web', 'service name="web" tag="blue" dc="dc1" status="passing"'],
    ['a.b=c:d-e.web', 'service name="web" tag="a.b=c:d-e" dc="dc1" status="passing"'],
    ['web@dc2', 'service name="web" dc="dc2" status="passing"'],
    ['web|passing', 'service name="web" dc="dc1" status="passing"'],
    ['web|warning,passing,warning', 'service name="web" dc="dc1" status="passing,warning"'],
    ['web|critical,any', 'service name="web" dc="dc1" status="any"'],
    [
      'blue.web@dc2|critical,maintenance',
      'service name="web" tag="blue" dc="dc2" status="critical,maintenance"',
    ],
  ]
  for (const [query, text] of read) assert.equal(service(query), text)
})

test('a query that cannot be honoured, or read, says why', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /"" names no service/],
    ['web service', /"web service" names no service.*name="…"/],
    ['blue.', /names no service/],
    ['a b.web', /"a b" is no tag/],
    ['web~_agent', /~_agent can't be honoured.*one rendering serves all hosts/],
    ['web@dc2~near|any', /~near can't be honoured/],
    ['web?ns=team', /\?ns= can't be honoured.*one namespace and partition/],
    ['web?peer=other@dc2', /\?peer= can't be honoured/],
    ['web?color=red', /\?color=red is not known/],
    ['web|passin', /"passin" is no status; did you mean passing\?/],
    ['web|', /"" is no status; known are any, passing/],
    ['web@DC 2', /"DC 2" is no datacenter/],
  ]
  for (const [query, reason] of wrong)
    assert.throws(() => service(query), { name: 'TypeError', message: reason })
})

test('names and tags with dots go in words', () => {
  const need = serviceNeed('wiki.internal', 'a.b', 'dc1', 'any')
  assert.equal(needText(need), 'service name="wiki.internal" tag="a.b" dc="dc1" status="any"')
  assert.throws(() => serviceNeed('a\nb', null, 'dc1', null), /is not a service name/)
})

test('a key loses its leading slash, and a folder gains the one at its end', () => {
  assert.deepEqual(parseKeyQuery('key', '/app/a.b', 'dc1'), {
    kind: 'key',
    path: 'app/a.b',
    datacenter: 'dc1',
  })
  assert.deepEqual(parseKeyQuery('folder', 'app@dc2', 'dc1'), {
    kind: 'folder',
    path: 'app/',
    datacenter: 'dc2',
  })
  assert.equal(needText(parseKeyQuery('folder', 'app/', 'dc1')), 'folder path="app/" dc="dc1"')
  assert.throws(() => parseKeyQuery('key', 'a?ns=b', 'dc1'), /\?ns= can't be honoured/)
  assert.throws(() => parseKeyQuery('folder', '', 'dc1'), /is not a folder of keys/)
})

test('services and nodes take a datacenter and nothing else', () => {
  assert.equal(needText(parsePlaceQuery('services', '@dc2', 'dc1')), 'services dc="dc2"')
  assert.equal(needText(parseNodeQuery('ip-10.a@dc2', 'dc1')), 'node name="ip-10.a" dc="dc2"')
  assert.throws(() => parsePlaceQuery('nodes', 'web', 'dc1'), /nodes takes nothing but/)
  assert.throws(() => parseNodeQuery('n1|passing', 'dc1'), /only services are filtered/)
})

const anyNeed: fc.Arbitrary<Need> = fc.oneof(
  fc.record({
    kind: fc.constant('service' as const),
    name: fc.string({ unit: 'binary', minLength: 1 }),
    tag: fc.option(fc.string({ unit: 'binary' })),
    datacenter: fc.constantFrom('dc1', 'dc-2'),
    statuses: fc.oneof(fc.constant(['any' as const]), fc.subarray([...statuses], { minLength: 1 })),
  }),
  fc.record({
    kind: fc.constantFrom('key' as const, 'folder' as const),
    path: fc.string({ unit: 'binary' }),
    datacenter: fc.constant('dc1'),
  }),
  fc.record({ kind: fc.constantFrom('services' as const, 'nodes' as const), datacenter: fc.constant('dc1') }),
  fc.constant({ kind: 'datacenters' as const }),
)

test('the text of a need is printable ASCII and reads back as the same need', () => {
  fc.assert(
    fc.property(anyNeed, (need) => {
      assert.match(needText(need), /^[\x20-\x7e]+$/)
      assert.deepEqual(parseNeed(needText(need)), { ...need })
    }),
    property(2_000),
  )
})

test('a text that is no need is refused', () => {
  for (const text of [
    '',
    'service',
    'service name="a"',
    'key path="a" dc="dc1" ',
    'services  dc="dc1"',
    'plugin x="y"',
  ])
    assert.throws(() => parseNeed(text), { code: 'RELEASE_INVALID' })
})

test('services and nodes are places, which rot; names and keys are settings', () => {
  const need = (text: string) => [parseNeed(text)]
  assert.ok(readsPlaces(need('service name="a" dc="dc1" status="any"')))
  assert.ok(readsPlaces(need('nodes dc="dc1"')))
  for (const text of [
    'services dc="dc1"',
    'key path="a" dc="dc1"',
    'folder path="a/" dc="dc1"',
    'datacenters',
  ])
    assert.ok(!readsPlaces(need(text)))
})
