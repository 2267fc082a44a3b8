import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeService } from '../../../core/catalog/judge.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import type { Member } from '../../../core/guard/memory.ts'
import { type Known, liveData } from '../../../core/template/live-data.ts'
import { renderOperatorTemplate } from '../../../core/template/render.ts'
import { routedService } from '../../support/routes.ts'
import { template } from '../../support/template-data.ts'

const settings = { deployment: 'd', homes: [], prefix: 'p', datacenter: 'dc1', networks: ['10.0.0.0/8'] }
const web = routedService('web', { v: '1' }, { instances: 2, tags: ['blue'] })
const members = web.instances.map(({ node, id, address, port }): Member => {
  return { node, id, server: { address, port, weight: 1 }, ledger: null, cluster: null, since: null }
})

function known(snapshot: ServiceSnapshot | null, over: Partial<Known> = {}): Known {
  return {
    ...{ datacenter: 'dc1', datacenters: ['dc1'], remembered: new Map(), members: () => members },
    indexes: new Map([['dc1', new Map([['web', ['blue']]])]]),
    services: new Map(snapshot ? [['web@dc1', snapshot]] : []),
    judged: new Map(snapshot ? [['web@dc1', judgeService(snapshot, settings)]] : []),
    others: { key: () => undefined, folder: () => undefined, nodes: () => undefined, node: () => undefined },
    ...over,
  }
}

const text = '{{#services}}{{Name}};{{/services}}{{#service "blue.web"}}server {{HostPort}};{{/service}}'
const render = (given: Known) => renderOperatorTemplate(template(text), liveData(given).data)

test('templates read what the publisher watches, and what it does not yet is missing', () => {
  assert.equal(render(known(web)).content, 'web;server 10.0.0.1:8000;server 10.0.0.2:8000;')
  assert.equal(render(known(null)).missing.length, 1)
  assert.equal(render(known(web, { indexes: new Map() })).missing[0]?.kind, 'services')
})

test('an instance that the guard holds is still found by its tag after it vanished', () => {
  const live = liveData(known(web))
  renderOperatorTemplate(template(text), live.data)
  const gone = known({ ...web, instances: [] }, { remembered: live.given() })
  assert.equal(render(gone).content, 'web;server 10.0.0.1:8000;server 10.0.0.2:8000;')
  assert.equal(render({ ...gone, members: () => [] }).content, 'web;')
})
