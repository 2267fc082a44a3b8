import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comment, quoted, token } from '../../../core/render/encoders.ts'
import { renderLayout } from '../../../core/render/layout.ts'
import { renderTemplate } from '../../../core/render/templates.ts'
import { build, defaultTemplates, routedService } from '../../support/routes.ts'

test('a missing template is named with the known ones', () => {
  const { 'servers.http': _, ...others } = defaultTemplates
  const { model } = build([])
  assert.throws(() => renderLayout(model, others), {
    code: 'TEMPLATE_MISSING',
    message:
      /^template servers\.http is not there: add the file servers\.http\.hbs \(known templates: base\.http, .*tls\)$/,
  })
})

test('a missing partial is named, also where its caller would not run it', () => {
  const templates = { main: '{{#if x}}{{> gone}}{{/if}}' }
  assert.throws(() => renderTemplate(templates, 'main', { x: false }), {
    code: 'TEMPLATE_MISSING',
    message: /template gone/,
  })
})

test('a template that fails is named with the line', () => {
  for (const [text, data, message] of [
    ['a\n{{token b}}', {}, /^template main, line 2: the field is not there/],
    ['a\n{{#if b}}{{/if}}', {}, /^template main, line 2: the field is not there/],
    ['{{#each b}}{{/each}}', {}, /^template main, line 1: the field is not there/],
    ['{{#if b.c}}{{/if}}', {}, /^template main, line 1: the field is not there/],
    ['a\n\n{{token b}}', { b: 'x;y' }, /^template main, line 3: "x;y" cannot be a bare word/],
    ['a\n{{#if}}', {}, /^template main, line \d/],
    ['a\n{{b}}', { b: 1 }, /^template main, line 2: write \{\{token x\}\}/],
    ['{{{token b}}}', { b: 1 }, /^template main, line 1: write/],
    ['{{token a b}}', { a: 1, b: 1 }, /^template main, line 1: write/],
    ['{{#foo}}x{{/foo}}', { foo: 1 }, /^template main, line 1: \{\{#foo\}\} is not one of/],
    ['{{> (lookup . "a")}}', { a: 'b' }, /^template main, line 1: a partial must be named literally/],
    ['{{#*inline "a"}}x{{/inline}}', {}, /^template main, line 1: inline partials/],
    [
      '{{#if x}}\n{{> part}}\n{{/if}}',
      { x: true, b: '\n' },
      /^template part, line 2: "\\n" cannot be a bare word/,
    ],
  ] as const) {
    const templates = { main: text, part: 'x\n{{token b}}' }
    assert.throws(() => renderTemplate(templates, 'main', data), { code: 'TEMPLATE_FAILED', message }, text)
  }
})

test('a changed template is rendered as it is now', () => {
  assert.equal(renderTemplate({ a: 'one {{token x}}' }, 'a', { x: 1 }), 'one 1')
  assert.equal(renderTemplate({ a: 'two {{token x}}' }, 'a', { x: 1 }), 'two 1')
})

test('encoders refuse what they cannot represent', () => {
  assert.equal(token('/a/b-c_d.~*'), '/a/b-c_d.~*')
  assert.equal(quoted('/srv/my "certs"\\x'), '"/srv/my \\"certs\\"\\\\x"')
  assert.equal(comment('web@dc1; }'), 'web@dc1; }')
  for (const text of ['', ' ', 'a b', 'a;', '{', '}', '"', '$x', 'a\n', '#', '\\', 'ä'])
    assert.throws(() => token(text), text)
  for (const text of ['$x', 'a\nb', '\0', '\u200e']) assert.throws(() => quoted(text), text)
  for (const text of ['a\nb', 'a\rb', '\u2028', '\0']) assert.throws(() => comment(text), text)
  for (const encode of [token, quoted, comment]) assert.throws(() => encode('a'.repeat(4_001)))
  for (const encode of [quoted, comment]) assert.throws(() => encode('ä'.repeat(2_001)))
  for (const value of [null, undefined, true, {}, []]) assert.throws(() => token(value))
})

test('the same model gives the same layout, and its files have their digests', () => {
  const { model } = build([routedService('web', { 'nginx-host': 'a.test' })])
  const { layout, files } = renderLayout(model, defaultTemplates)
  assert.deepEqual(renderLayout(structuredClone(model), { ...defaultTemplates }).layout, layout)
  assert.deepEqual(
    layout.files.map(({ path, size }) => [path, size]),
    files.map(({ path, content }) => [path, Buffer.byteLength(content)]),
  )
  assert.deepEqual(
    files.map(({ path }) => path),
    ['base.http.conf', 'servers.http.conf'],
  )
})
