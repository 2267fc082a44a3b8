import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { onlyAdds, type WrittenLayout } from '../../../core/publish/only-adds.ts'
import { renderLayout } from '../../../core/render/layout.ts'
import { build, defaultTemplates, routedService } from '../../support/routes.ts'

const web = routedService('web', { 'nginx-host': 'a.test' })
const api = routedService('api', { 'nginx-host': 'a.test', 'nginx-path': '/api' })
const shop = routedService('shop', { 'nginx-host': 'shop.test' })

function written(...services: readonly ServiceSnapshot[]): WrittenLayout {
  return renderLayout(build(services).model, defaultTemplates)
}

test('the same, another server and another location only add', () => {
  assert.equal(onlyAdds(written(web), written(web)), true)
  assert.equal(onlyAdds(written(web), written(web, shop)), true)
  assert.equal(onlyAdds(written(web), written(web, api)), true)
  assert.equal(onlyAdds(written(web, shop), written(web, api, shop)), true)
})

test('a route, server or upstream that goes or changes is more than an addition', () => {
  assert.equal(onlyAdds(written(web, shop), written(web)), false)
  assert.equal(onlyAdds(written(web, api), written(web)), false)
  const moved = routedService('web', { 'nginx-host': 'a.test', 'nginx-path': '/moved' })
  assert.equal(onlyAdds(written(web), written(moved, shop)), false)
  const other = routedService('web', { 'nginx-host': 'a.test', 'nginx-lb': 'round_robin' })
  assert.equal(onlyAdds(written(web), written(other)), false)
})

test('so many names that hash tables grow are no other settings', () => {
  const many = Array.from({ length: 600 }, (_, n) => routedService(`s${n}`, { 'nginx-host': `h${n}.test` }))
  assert.equal(onlyAdds(written(web), written(web, ...many)), true)
})

test('another text of what all servers share, and a file of an operator, are more than an addition', () => {
  const before = written(web)
  const [file] = before.files
  const changed = before.files.map((one) =>
    one === file ? { ...one, content: `${one.content}\nserver_tokens off;\n` } : one,
  )
  assert.equal(onlyAdds(before, { ...before, files: changed }), false)
  const own = {
    path: 'own.http.conf',
    context: 'http' as const,
    content: 'limit_req_zone a zone=b rate=1r/s;',
  }
  assert.equal(onlyAdds(before, { ...before, files: [...before.files, own] }), false)
  const volatile = [{ path: 'x.conf', context: 'http' as const, template: 'a'.repeat(64), queries: [] }]
  assert.equal(onlyAdds(before, { ...before, layout: { ...before.layout, volatile } }), false)
})
