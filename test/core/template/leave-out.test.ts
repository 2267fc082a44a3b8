import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseNginx } from '../../../core/render/nginx-parse.ts'
import { originText } from '../../../core/template/origin.ts'
import { property } from '../../support/scale.ts'
import { instance, rendered } from '../../support/template-data.ts'

const good = [
  instance('a', 1, { meta: { host: 'a.test' }, tags: ['x'] }),
  instance('b', 2, { meta: { host: 'b.test' } }),
]

function left(text: string, ...more: readonly ReturnType<typeof instance>[]) {
  const { content, leftOut } = rendered(text, { instances: [...good, ...more] })
  return { content, left: leftOut.map(({ origin, why }) => `${originText(origin)}: ${why}`) }
}

const hosts = '{{#each (services)}}{{#service name=Name}}h {{ServiceMeta.host}};{{/service}}{{/each}}'

test('an instance that holds what cannot be written is left out and named; the others are written', () => {
  const found = left(
    hosts,
    instance('c', 3, { meta: { host: 'x; } server {' } }),
    instance('c', 4, { meta: { host: 'c.test' } }),
  )
  assert.equal(found.content, 'h a.test;h b.test;h c.test;')
  assert.equal(found.left.length, 1)
  assert.match(
    found.left[0] ?? '',
    /^c@dc1 instance n1\/c-3: template web, line 1: "x; \} server \{" holds ";"/,
  )
})

test('so is one that lacks what others have', () => {
  const { content, left: out } = left(hosts, instance('c', 3))
  assert.equal(content, 'h a.test;h b.test;')
  assert.match(out[0] ?? '', /^c@dc1 instance n1\/c-3: .* the field is not there/)
})

test('so is one whose value is out of place, and one that a function cannot work with', () => {
  const bad = instance('c', 3, { meta: { host: 'a b', count: 'many' } })
  assert.equal(left(hosts.replace('{{S', '{{comment S'), bad).content, 'h a.test;h b.test;')
  const counts = hosts.replace('{{ServiceMeta.host}}', '{{add 1 (parseInt (or ServiceMeta.count "1"))}}')
  assert.equal(left(counts, bad).content, 'h 2;h 2;')
})

test('so is the longest of those that together are more than nginx can read', () => {
  const long =
    '{{#each (services)}}{{#service name=Name}}# {{#each Tags}}{{comment this}}{{/each}}\nh {{ServiceMeta.host}};{{/service}}{{/each}}'
  const bad = instance('c', 3, {
    meta: { host: 'c.test' },
    tags: Array.from('abcde', (letter) => letter.repeat(900)),
  })
  assert.match(left(long, bad).content ?? '', /^# x\nh a\.test;# \nh b\.test;$/)
  const tooLong = left(hosts, instance('c', 3, { meta: { host: 'c'.repeat(1_001) } }))
  assert.match(tooLong.left[0] ?? '', /is 1001 bytes long; at most 1000/)
})

test('within loops over what an instance has, it is still the instance', () => {
  const tags =
    '{{#each (services)}}{{#service name=Name}}{{#each Tags}}t {{this}};{{/each}}{{/service}}{{/each}}'
  const { content, left: out } = left(tags, instance('c', 3, { tags: ['y', 'bad;'] }))
  assert.equal(content, 't x;')
  assert.match(out[0] ?? '', /^c@dc1 instance n1\/c-3/)
})

test('a service of the list of all is left out by itself', () => {
  const names = '{{#services}}n {{Name}};{{/services}}'
  const { content, left: out } = left(names, instance('e;vil', 3))
  assert.equal(content, 'n a;n b;')
  assert.match(out[0] ?? '', /^e;vil@dc1: /)
})

test('so is a service whose name makes no query that a layout can hold', () => {
  const { content, left: out } = left(hosts, instance('é'.repeat(200), 3, { meta: { host: 'c.test' } }))
  assert.equal(content, 'h a.test;h b.test;')
  assert.match(out[0] ?? '', /service: the query is too long/)
})

test('a name that no instance has is misspelt, and fails the template', () => {
  for (const text of ['{{#service "a"}}server {{Adress}};{{/service}}', hosts.replace('.host', '.hots')])
    assert.throws(() => rendered(text, { instances: good }), {
      code: 'TEMPLATE_FAILED',
      message: /line 1: the field is not there/,
    })
})

test('where nothing would remain, or no loop is about anybody, the template fails', () => {
  const bad = instance('c', 3, { meta: { host: 'a;b' } })
  assert.throws(
    () => rendered('{{#service "c"}}h {{ServiceMeta.host}};{{/service}}', { instances: [bad] }),
    /holds ";"/,
  )
  assert.throws(() => rendered('a {{key "k"}};', { kv: { k: 'a;b' } }), /holds ";"/)
})

test('who was left out counts neither for min= nor for what is safe', () => {
  const bad = instance('a', 3, { meta: { host: 'a;b' } })
  const text =
    '{{#service "a" min=2}}h {{ServiceMeta.host}};{{/service}}{{#service "b"}}h {{ServiceMeta.host}};{{/service}}'
  const { content, waiting } = rendered(text, { instances: [...good, bad] })
  assert.equal(content, null)
  assert.match(waiting[0]?.why ?? '', /1 of at least 2/)
})

const perService = `{{#each (services)}}upstream u_{{@index}} {
{{#service name=Name}}  server {{HostPort}} weight={{Weights.Passing}}; # {{comment ID}} {{comment Node}}
{{/service}}}
{{#service name=Name}}server { server_name {{token ServiceMeta.host}}; set $t {{quoted (join "," Tags)}}; }
{{/service}}{{/each}}`.replace('{{/service}}}', '{{/service}} }')

test('whatever one service holds, the others are written as they are without it', () => {
  const hostile = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'ab ;{}"\'$#\\\n\t.') }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('x; } server { listen 1', '"; return 200 "', '$host', '\r\n}', '#', '\u2028'),
  )
  const anyBad = fc.record({
    meta: fc.record({ host: hostile }),
    tags: fc.array(hostile, { maxLength: 3 }),
    id: hostile,
    node: hostile,
    address: hostile,
  })
  const alone = rendered(perService, { instances: good }).content ?? ''
  fc.assert(
    fc.property(anyBad, (over) => {
      const { content } = rendered(perService, { instances: [...good, instance('c', 3, over)] })
      const blocks = parseNginx(content ?? '').map(({ name, block }) => [name, block?.length])
      const expected = parseNginx(alone).map(({ name, block }) => [name, block?.length])
      const own = blocks.filter((one) => JSON.stringify(one) === '["server",2]').length
      assert.ok(content?.includes('server_name a.test;') && content.includes('server_name b.test;'))
      assert.ok(own === 2 || own === 3)
      assert.equal(blocks.length, expected.length + 1 + (own - 2))
    }),
    property(5_000),
  )
})

test('while a template waits, nobody is blamed', () => {
  const bad = instance('c', 3, { meta: { host: 'a;b' } })
  const { content, waiting, leftOut } = rendered(`${hosts}{{key "later"}}`, { instances: [...good, bad] })
  assert.deepEqual([content, waiting.length], [null, 1])
  assert.deepEqual(leftOut, [])
})
