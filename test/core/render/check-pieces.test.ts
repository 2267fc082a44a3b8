import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkDirectives, checkNames } from '../../../core/render/check-directives.ts'
import { createPieceMemo } from '../../../core/render/check-pieces.ts'
import { renderLayout } from '../../../core/render/layout.ts'
import { parseNginx } from '../../../core/render/nginx-parse.ts'
import { outlineOf } from '../../../core/render/outline.ts'
import { goldenCatalogs } from '../../support/golden-catalogs.ts'
import { build, defaultTemplates } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'

const { services, settings } = goldenCatalogs['every-setting']!
const { files } = renderLayout(build(services, { settings }).model, defaultTemplates)
const servers = files.filter(({ path }) => path.startsWith('servers.'))

/** The outline of a text that is read as nginx would, as a whole. Throws where it holds what it mustn't. */
function readWhole(content: string, context: 'http' | 'stream'): readonly string[] {
  const directives = parseNginx(content)
  checkDirectives('', directives, context, context)
  checkNames('', directives)
  return outlineOf(directives, context).map(({ text }) => text)
}

test('the outline of our own files by pieces is that of the whole, also where the shapes are known', () => {
  const memo = createPieceMemo()
  for (const _ of ['first', 'again'])
    for (const { content, context } of servers)
      assert.deepEqual(memo.outline(content, context), readWhole(content, context))
})

const inserted = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ';',
      '{',
      '}',
      ' ',
      '\n',
      '#',
      '"',
      "'",
      '\\',
      '$',
      '${',
      '~',
      '=',
      '\u0001',
      '\u00010\u0001',
      '\t',
      '\r',
    ],
    ...[
      'x',
      '/a',
      'a b',
      '; return 200;',
      '} server {',
      '\nserver {',
      '# x\n',
      'é',
      '\u2028',
      '^~',
      '}x',
      '()',
      '@a',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(3), text: inserted })

test('whatever is changed in a text, its outline by known shapes is that of the whole or isn’t given', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...servers),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (file, edits) => {
        const { content, context } = file
        const changed = edits.reduce((text, { at, cut, text: added }) => {
          const place = Math.floor(at * text.length)
          return text.slice(0, place) + added + text.slice(place + cut)
        }, content)
        const memo = createPieceMemo()
        memo.outline(content, context)
        const outline = memo.outline(changed, context)
        if (outline !== null) assert.deepEqual(outline, readWhole(changed, context))
      },
    ),
    property(10_000),
  )
})

test('other words and comments in a known shape are read without a look at the rest', () => {
  const memo = createPieceMemo()
  const server = (owner: string, host: string, path: string) =>
    `server {\n    listen 80;\n    server_name ${host};\n    # ${owner}\n    location = ${path} {\n        return 404;\n    }\n}\n`
  const entries = (host: string, path: string) => [
    `server: listen 80; server_name ${host}`,
    `location = ${path}: return 404`,
  ]
  assert.deepEqual(memo.outline(server('a@dc1', 'a.test', '/a'), 'http'), entries('a.test', '/a'))
  const several = server('b é; }', '*.b.test', '/b') + server('', 'c.test', '/c/d')
  assert.deepEqual(memo.outline(several, 'http'), [
    ...entries('*.b.test', '/b'),
    ...entries('c.test', '/c/d'),
  ])
  assert.equal(memo.outline(server('a', 'a.test;autoindex on', '/a'), 'http'), null)
})
