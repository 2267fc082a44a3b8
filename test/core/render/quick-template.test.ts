import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lintTemplate } from '../../../core/render/lint-template.ts'
import { quickTemplate } from '../../../core/render/quick-template.ts'
import { renderTemplate } from '../../../core/render/templates.ts'
import { viewOf } from '../../../core/render/view.ts'
import { buildModel } from '../../../core/route/build-model.ts'
import { emptyMemory } from '../../../core/route/memory.ts'
import { goldenCatalogs } from '../../support/golden-catalogs.ts'
import { defaultTemplates } from '../../support/routes.ts'

/** The same templates in a form that only Handlebars can render. */
const slow = Object.fromEntries(
  Object.entries(defaultTemplates).map(([name, text]) => [name, `${text}{{#if @root}}{{/if}}`]),
)

for (const [name, { services, settings }] of Object.entries(goldenCatalogs)) {
  test(`the catalog "${name}" renders as with Handlebars`, () => {
    const input = {
      services,
      settings,
      datacenter: 'dc1',
      memory: emptyMemory,
      live: new Set<string>(),
      deployment: null,
      now: 0,
    }
    const view = viewOf(buildModel(input).model)
    for (const file of ['base.http', 'servers.http', 'servers.stream'])
      assert.equal(renderTemplate(defaultTemplates, file, view), renderTemplate(slow, file, view))
  })
}

test('every template of ours is rendered quickly', () => {
  for (const [name, text] of Object.entries(defaultTemplates)) {
    const { tree, closed } = lintTemplate(name, text)
    assert.ok(closed && quickTemplate(tree) !== null, name)
  }
})

const cases: Readonly<Record<string, readonly [string, unknown]>> = {
  'nested paths': ['{{token a.b.c}}', { a: { b: { c: 'x' } } }],
  'the item itself': ['{{#each list}}{{token this}},{{/each}}', { list: ['a', 'b'] }],
  'an empty list': ['{{#each list}}{{token this}}{{else}}none{{/each}}', { list: [] }],
  'what counts as false': [
    '{{#if a}}1{{else}}2{{/if}}{{#unless b}}3{{/unless}}{{#if c}}4{{/if}}',
    { a: 0, b: '', c: [] },
  ],
  'a context': [
    '{{#with a}}{{token b}}{{/with}}{{#with n}}x{{else}}none{{/with}}',
    { a: { b: 'c' }, n: null },
  ],
  'lines of their own': ['a {\n    {{#if a}}\n    b;\n    {{/if}}\n    {{> part a}}\n}\n', { a: { x: 'y' } }],
  'inline partials keep their line': ['x{{> part a}}z', { a: { x: 'y' } }],
  'added values': ['  {{> part a x="q"}}\n', { a: { x: 'y' } }],
  'white space control': ['a  {{~token x~}}  b', { x: 1 }],
  'else if': ['{{#if a}}1{{else if b}}2{{else}}3{{/if}}', { a: false, b: true }],
}
const part = 'first {{token x}}\n\nlast;\n'

for (const [name, [text, data]] of Object.entries(cases)) {
  test(`what Handlebars makes of ${name} is made quickly too`, () => {
    const quick = quickTemplate(lintTemplate('main', text).tree)
    const partial = quickTemplate(lintTemplate('part', part).tree)
    const found = quick?.(data, (_name, context) => partial?.(context, () => '') ?? '')
    const slowText = `${text}{{#if @root}}{{/if}}`
    const expected = renderTemplate({ main: slowText, part: `${part}{{#if @root}}{{/if}}` }, 'main', data)
    assert.equal(found, expected)
  })
}

test('what Handlebars knows more of is left to it', () => {
  for (const text of [
    '{{token ../x}}',
    '{{token @index}}',
    '{{#each a as |b|}}{{token b}}{{/each}}',
    '{{token (quoted x)}}',
  ])
    assert.equal(quickTemplate(lintTemplate('main', text).tree), null, text)
  const object = quickTemplate(lintTemplate('main', '{{#each a}}{{token this}}{{/each}}').tree)
  assert.throws(() => object?.({ a: { b: 1 } }, () => ''))
  assert.equal(renderTemplate({ main: '{{#each a}}{{token this}}{{/each}}' }, 'main', { a: { b: 1 } }), '1')
})
