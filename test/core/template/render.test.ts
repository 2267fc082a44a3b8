import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { needText } from '../../../core/template/need.ts'
import { renderOperatorTemplate } from '../../../core/template/render.ts'
import { property } from '../../support/scale.ts'
import { instance, knownData, output, rendered, template } from '../../support/template-data.ts'

const two = { instances: [instance('nginx', 2), instance('nginx', 1)] }

test("the tutorials' loop writes a server per instance, in the order of node and id", () => {
  const text = 'upstream app {\n{{#service "nginx"}}\n  server {{Address}}:{{Port}};\n{{/service}}\n}\n'
  const expected = 'upstream app {\n  server 10.0.0.1:8000;\n  server 10.0.0.2:8000;\n}\n'
  assert.equal(output(text, two), expected)
  const each = text.replace('#service "nginx"', '#each (service "nginx")').replace('/service', '/each')
  assert.equal(output(each, two), expected)
})

test('an upstream that comes out empty gets a server that is down; one that includes a file does not', () => {
  const text = 'upstream app {\n{{#service "web"}}\n  server {{HostPort}};\n{{/service}}\n}\n'
  assert.equal(output(text), 'upstream app {\n    server 127.0.0.1:1 down;\n}\n')
  assert.equal(
    output('upstream a { least_conn; } # }\n'),
    'upstream a { least_conn;     server 127.0.0.1:1 down;\n} # }\n',
  )
  assert.equal(output('upstream a { include more; }\nb c;'), 'upstream a { include more; }\nb c;')
  assert.equal(output('upstream a { }\nupstream b { }').match(/down;/g)?.length, 2)
})

test("an instance has consul-template's fields", () => {
  const one = instance('web', 1, {
    ...{ tags: ['b', 'a'], meta: { v: '2' }, nodeMeta: { rack: 'r' }, weight: 7, address: 'fd00::1' },
    checks: [{ id: 'c', serviceId: 'web-1', status: 'warning', output: 'slow' }],
  })
  const fields = [
    'ID',
    'Name',
    'Node',
    'NodeAddress',
    'NodeDatacenter',
    'Address',
    'Port',
    'HostPort',
    'Status',
  ]
  const text = `{{#service "web"}}f ${fields.map((name) => `{{${name}}}`).join(' ')} {{words Tags}} {{ServiceMeta.v}}
    {{NodeMeta.rack}} {{Weights.Passing}} {{Checks.0.CheckID}}={{Checks.0.Status}};{{/service}}`
  assert.equal(
    output(text, { instances: [one] }).replace(/\s+/g, ' '),
    'f web-1 web n1 10.9.0.1 dc1 fd00::1 8000 [fd00::1]:8000 passing a b 2 r 7 c=warning;',
  )
})

test('a query without a filter yields what takes traffic, whatever its status; other words go by status', () => {
  const instances = [
    instance('web', 1, { status: 'passing' }),
    instance('web', 2, { status: 'critical', serving: true }),
    instance('web', 3, { status: 'warning', serving: false }),
    instance('web', 4, { status: 'maintenance', serving: false }),
    instance('web', 5, { status: 'critical', serving: false, tags: ['blue'] }),
    instance('web', 6, { datacenter: 'dc2' }),
  ]
  const ids = (query: string) =>
    output(`a{{#service ${query}}} {{ID}}{{/service}};`, { instances }).replace(/^a |;|web-/g, '')
  assert.equal(ids('"web"'), '1 2')
  assert.equal(ids('"web|passing"'), '1 2')
  assert.equal(ids('"web|passing,warning"'), '1 2 3')
  assert.equal(ids('"web|critical"'), '2 5')
  assert.equal(ids('"web" "maintenance"'), '4')
  assert.equal(ids('"web|any"'), '1 2 3 4 5')
  assert.equal(ids('"blue.web|any"'), '5')
  assert.equal(ids('name="web" tag="blue" status="any"'), '5')
  assert.equal(ids('"web@dc2"'), '6')
  assert.equal(ids('name="web" dc="dc2"'), '6')
  assert.equal(ids('"web" dc="dc2"'), '6')
})

test('services, nodes, a node and datacenters are read by their names in order', () => {
  const node = { name: 'n1', id: 'i', address: '10.9.0.1', datacenter: 'dc1', meta: { rack: 'a' } }
  const fixture = { instances: [instance('b', 1, { tags: ['t'] }), instance('a', 1)], nodes: [node] }
  assert.equal(output('{{#services}}{{Name}} {{len Tags}}; {{/services}}', fixture), 'a 0; b 1; ')
  assert.equal(
    output('{{#nodes}}n {{Node}} {{Address}} {{Meta.rack}};{{/nodes}}', fixture),
    'n n1 10.9.0.1 a;',
  )
  const text = '{{#node "n1"}}{{Node.Address}} {{#each Services}}{{Service}}:{{Port}} {{/each}};{{/node}}'
  assert.equal(output(text, fixture), '10.9.0.1 a:8000 b:8000 ;')
  assert.equal(output('a{{#datacenters}} {{this}}{{/datacenters}};'), 'a dc1 dc2;')
})

test('keys below a folder are named from it; marks of folders and neighbours are none of them', () => {
  const kv = { 'app/': '', 'app/b': '2', 'app/a': '1', 'app/sub/c': '3', 'apple/x': '9', app: '0' }
  assert.equal(output('{{#ls "app"}}{{Key}} {{Value}}; {{/ls}}', { kv }), 'a 1; b 2; ')
  assert.equal(
    output('{{#tree "app/"}}{{Key}} {{Path}}; {{/tree}}', { kv }),
    'a app/a; b app/b; sub/c app/sub/c; ',
  )
  assert.equal(
    output('a {{key "app/a"}} {{keyOrDefault "no" "d"}} {{keyExists "no"}};', { kv }),
    'a 1 d false;',
  )
  assert.equal(
    output('{{#keyExists "app/a"}}a;{{/keyExists}}{{#keyExists "x"}}b;{{/keyExists}}', { kv }),
    'a;',
  )
})

test('a template waits for keys, and for the instances that it needs, and writes nothing until then', () => {
  const why = (text: string) => {
    const { content, waiting, missing } = rendered(text, { ...two, kv: { 'app/a': '1' } })
    assert.equal(content, null)
    assert.deepEqual(missing, [])
    return waiting.map(({ need, why }) => `${needText(need)}: ${why}`)
  }
  assert.deepEqual(why('a {{key "no"}} {{token (key "other")}};'), [
    'key path="no" dc="dc1": the key does not exist; keyOrDefault states a default',
    'key path="other" dc="dc1": the key does not exist; keyOrDefault states a default',
  ])
  assert.match(why('{{#safeService "no"}}{{/safeService}}')[0] ?? '', /0 of at least 1 instances fit/)
  assert.match(why('{{#service "nginx" min=3}}{{/service}}')[0] ?? '', /2 of at least 3 instances fit/)
  assert.match(why('{{#safeLs "no"}}{{/safeLs}}')[0] ?? '', /the folder is empty/)
  assert.match(why('{{#safeTree "no"}}{{/safeTree}}')[0] ?? '', /the folder is empty/)
  assert.match(why('{{#node "no"}}{{/node}}')[0] ?? '', /no such node/)
  assert.equal(output('{{#safeService "nginx" min=2}}a {{ID}};{{/safeService}}', two), 'a nginx-1;a nginx-2;')
})

test('what was not read yet is missing, and the rest of the template is asked for nonetheless', () => {
  const nothing = {
    ...knownData({}),
    service: () => undefined,
    key: () => undefined,
    folder: () => undefined,
  }
  const text =
    `{{#service "a"}}{{Address}};{{/service}}{{token (key "k")}}{{#each (parseJSON (key "k")).x}}{{/each}}
    {{subtract "no" "number"}}{{#tree "t"}}{{Key}};{{/tree}}{{#service "a"}}{{/service}}`.replace(
      ').x}}',
      ')}}',
    )
  const { content, needs, missing } = renderOperatorTemplate(template(text), nothing)
  assert.equal(content, null)
  assert.deepEqual(missing.map(needText), [
    'folder path="t/" dc="dc1"',
    'key path="k" dc="dc1"',
    'service name="a" dc="dc1" status="passing"',
  ])
  assert.deepEqual(needs, missing)
})

test('partials are included with what they read, and say their own name when they fail', () => {
  const partials = { servers: '{{#service name=app}}server {{HostPort}};{{/service}}', bad: 'a\nb {{Foo}};' }
  assert.equal(
    output('{{> servers app="nginx"}}', two, partials),
    'server 10.0.0.1:8000;server 10.0.0.2:8000;',
  )
  assert.throws(() => rendered('{{> bad}}', {}, partials), /template bad, line 2: the field is not there/)
  assert.throws(() => rendered('{{> other}}', {}, partials), {
    code: 'TEMPLATE_MISSING',
    message: /no partial other \(known are: bad, servers\)/,
  })
})

test('nothing of one rendering is left for the next', () => {
  const text = '{{#if (scratch.Key "a")}}seen;{{/if}}{{scratch.Set "a" 1}}'
  assert.deepEqual([output(text), output(text)], ['', ''])
})

const everything = `{{#services}}{{Name}} {{words Tags}};
{{#service name=Name status="any"}}s {{ID}} {{HostPort}} {{Status}} {{quoted (toJSON ServiceMeta)}} {{words Tags}};{{/service}}
{{/services}}
{{#each (byTag (service "a|any"))}}{{quoted @key}} {{len this}};{{/each}}
{{#tree "k"}}{{quoted Key}} {{quoted Value}};{{/tree}}`

const word = fc.stringMatching(/^[a-z0-9]{1,4}$/)
const anyInstance = fc
  .record({
    name: fc.constantFrom('a', 'b'),
    at: fc.integer({ min: 1, max: 250 }),
    node: fc.constantFrom('n1', 'n2'),
  })
  .chain(({ name, at, node }) =>
    fc
      .record({
        value: fc.record({
          tags: fc.uniqueArray(word, { maxLength: 4 }),
          meta: fc.dictionary(word, word, { maxKeys: 3 }),
          status: fc.constantFrom('passing' as const, 'critical' as const),
        }),
      })
      .map(({ value }) => instance(name, at, { node, ...value })),
  )

test('the same data give the same bytes, in whatever order they come', () => {
  const anyFixture = fc.record({
    instances: fc.uniqueArray(anyInstance, { maxLength: 12, selector: ({ node, id }) => `${node} ${id}` }),
    kv: fc.dictionary(
      word.map((text) => `k/${text}`),
      word,
    ),
  })
  fc.assert(
    fc.property(anyFixture, fc.infiniteStream(fc.nat()), ({ instances, kv }, dice) => {
      const shuffled = <T>(list: readonly T[]) =>
        list
          .map((value) => ({ value, at: dice.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value)
      const other = {
        instances: shuffled(instances).map((one) => ({
          ...one,
          tags: shuffled(one.tags),
          meta: Object.fromEntries(shuffled(Object.entries(one.meta))),
        })),
        kv: Object.fromEntries(shuffled(Object.entries(kv))),
      }
      assert.equal(output(everything, other), output(everything, { instances, kv }))
    }),
    property(1_000),
  )
})
