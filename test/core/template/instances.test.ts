import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeService } from '../../../core/catalog/judge.ts'
import type { CatalogCheck, ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import type { Member } from '../../../core/guard/memory.ts'
import { statusOf, templateInstances } from '../../../core/template/instances.ts'
import { parseStoredTemplate, serialiseTemplate } from '../../../core/template/template.ts'
import { routedService } from '../../support/routes.ts'

const judge = (snapshot: ServiceSnapshot) =>
  judgeService(snapshot, {
    deployment: 'd',
    homes: [],
    prefix: 'p',
    datacenter: 'dc1',
    networks: ['10.0.0.0/8'],
  })

function member(id: string, address: string, node = 'quayside-111122223333-eu-west-1-main'): Member {
  return { node, id, server: { address, port: 8000, weight: 1 }, ledger: null, cluster: null, since: null }
}

test('members of the guard take traffic; others of the catalog are seen, if their address is usable', () => {
  const web = routedService('web', { v: '1' }, { instances: 3 })
  const [a, b, c] = web.instances
  assert.ok(a && b && c)
  const snapshot = { ...web, instances: [a, b, { ...c, address: '169.254.169.254' }] }
  const found = templateInstances(snapshot, judge(snapshot), [member(a.id, a.address)], [])
  assert.deepEqual(
    found.map(({ id, address, serving, meta }) => [id, address, serving, meta.v]),
    [
      ['web-1-0', '10.0.0.1', true, '1'],
      ['web-1-1', '10.0.0.2', false, '1'],
    ],
  )
})

test('a held instance that vanished keeps its tags and meta, and counts as it last did', () => {
  const before = routedService('web', { v: '1' }, { instances: 2, tags: ['blue'] })
  const members = before.instances.map(({ id, address }) => member(id, address))
  const remembered = templateInstances(before, judge(before), members, [])
  const after = { ...before, instances: before.instances.slice(0, 1) }
  const found = templateInstances(after, judge(after), members, remembered)
  assert.deepEqual(found, remembered)
  const [, unknown] = templateInstances(after, judge(after), members, [])
  assert.deepEqual([unknown?.address, unknown?.tags, unknown?.serving], ['10.0.0.2', [], true])
})

test("the status is Consul's aggregate: maintenance before critical before warning", () => {
  const check = (id: string, status: CatalogCheck['status']): CatalogCheck => ({
    id,
    serviceId: '',
    status,
    output: '',
  })
  assert.equal(statusOf([]), 'passing')
  assert.equal(statusOf([check('a', 'passing'), check('b', 'warning')]), 'warning')
  assert.equal(statusOf([check('a', 'critical'), check('b', 'warning')]), 'critical')
  assert.equal(statusOf([check('a', 'critical'), check('_node_maintenance', 'critical')]), 'maintenance')
  assert.equal(statusOf([check('_service_maintenance:web', 'critical')]), 'maintenance')
})

test('a stored template reads back as it was, and malformed ones are refused', () => {
  const template = { name: 'web', text: 'a\n{{> p}}', partials: { p: 'b;' } }
  assert.deepEqual(parseStoredTemplate(serialiseTemplate(template)), template)
  for (const content of ['', '{}', '{"schema":2}', '{"schema":1,"name":"a","text":1,"partials":{}}'])
    assert.throws(() => parseStoredTemplate(content), { code: /^RELEASE_(INVALID|UNSUPPORTED)$/ })
})
