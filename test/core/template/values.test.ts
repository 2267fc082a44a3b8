import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QuaysideError } from '../../../core/errors.ts'
import { type Directive, parseNginx } from '../../../core/render/nginx-parse.ts'
import { property } from '../../support/scale.ts'
import { output, rendered } from '../../support/template-data.ts'

const written = (text: string, value: string) =>
  output(text.replaceAll('V', '(key "v")'), { kv: { v: value } })
const refused = (text: string, value: string) => () => written(text, value)

test('a value alone is a part of a word, and what could end one is refused with line and value', () => {
  assert.equal(written('a b{{print V}}c;', '10.0.0.1:80'), 'a b10.0.0.1:80c;')
  for (const value of [
    ' ',
    'a b',
    '\n',
    ';',
    '{',
    '}',
    '"',
    "'",
    '$',
    '#',
    '\\',
    '\u00a0',
    '\u0000',
    '\u2028',
    '\ue000',
  ])
    assert.throws(refused('a;\nb {{print V}};', value), {
      code: 'TEMPLATE_FAILED',
      message: /^template web, line 2: ".*" holds ".*", which could end a word; \{\{quoted x\}\}/,
    })
})

test('a token has the characters of names and addresses, and is never empty', () => {
  assert.equal(written('a {{token V}};', '*.example.com'), 'a *.example.com;')
  for (const value of ['', 'a=b', 'a,b', 'é', 'a;'])
    assert.throws(refused('a {{token V}};', value), /cannot be a bare word/)
})

test('a quoted string holds anything but a dollar and what is too long for nginx', () => {
  const [directive] = parseNginx(written('a {{quoted V}};', 'say "hi"\\ {;}\n\t#'))
  assert.deepEqual(directive?.args, ['say "hi"\\ {;}\n\t#'])
  assert.equal(written('a {{quoted V}};', ''), 'a "";')
  for (const value of ['$host', 'é'.repeat(2_100), '\u0007'])
    assert.throws(refused('a {{quoted V}};', value), /cannot be a quoted string/)
})

test('words are a list of which each is one word', () => {
  assert.equal(written('a {{words (split "," V)}};', 'b,c.d'), 'a b c.d;')
  assert.throws(refused('a {{words (split "," V)}};', 'b,,c'), /an empty text is no word/)
  assert.throws(refused('a {{words (split "," V)}};', 'b;c'), /could end a word/)
  assert.throws(refused('a {{words V}};', 'b'), /words takes a list/)
})

test('a comment ends where the template ends it', () => {
  assert.equal(written('# {{comment V}}\na;', 'x; } "'), '# x; } "\na;')
  assert.throws(refused('# {{comment V}}\na;', 'x\ny;'), /cannot be a comment/)
})

test('an encoder in the wrong place is found out by what it does to the words', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['a {{comment V}};', 'b; c'],
    ['a {{comment V}};', 'b c'],
    ['a b{{quoted V}};', 'x;y'],
    ['a {{quoted V}} {{comment V}};', '"'],
    ['a {{print V}};', ''],
    ['{{print V}} a;', ''],
  ]
  for (const [text, value] of wrong)
    assert.throws(refused(text, value), { code: 'RENDER_REFUSED', message: /template web, line 1: / }, text)
  assert.equal(written('a b{{print V}};', ''), 'a b;')
})

test('raw writes anything that is readable', () => {
  assert.equal(written('{{raw V}}', 'location / { return 204; }'), 'location / { return 204; }')
  assert.throws(refused('{{raw V}}', 'location / {'), { code: 'RENDER_REFUSED', message: /never ended/ })
  assert.throws(refused('{{raw V}}', '\ue0000\ue001'), /private characters/)
})

test('what is absent, a list or an object is not written', () => {
  assert.throws(() => output('a {{Foo}};'), /line 1: the field is not there; \{\{or Foo "…"\}\}/)
  assert.equal(output('a {{or Foo "b"}};'), 'a b;')
  assert.throws(() => output('a {{services}};'), /a list can't be written; loop over it/)
  assert.throws(() => output('a {{parseJSON "{}"}};'), /an object can't be written/)
})

test("nothing of a value's prototype can be reached", () => {
  for (const path of ['constructor', 'this.constructor', '__proto__', 'toString'])
    assert.throws(() => output(`{{#with "x"}}a {{${path}}};{{/with}}`), /the field is not there/)
  assert.throws(() => output('a {{index (parseJSON "{}") "constructor"}};'), /the field is not there/)
  assert.throws(() => output('a {{lookup (parseJSON "{}") "constructor"}};'), /the field is not there/)
})

const shape = (directives: readonly Directive[]): unknown =>
  directives.map(({ args, block }) => [args.length, block === null ? null : shape(block)])

const places = [
  'a %;',
  'a b%;',
  '%a b;',
  'a "%";',
  "a 'c%' d;",
  '# %\n',
  'a % { b %; }',
  'a $%;',
  'a \\%;',
  'map % % { % %; }',
  'a%',
]
const ways = ['{{V}}', '{{token V}}', '{{quoted V}}', '{{comment V}}']
const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab ;{}"\'$#\\\n\t') }),
  fc.string({ unit: 'binary' }),
)

/** Templates of up to four lines, each with an encoder somewhere; the values are members of the list in the key `v`. */
const anyTemplate = fc
  .array(fc.tuple(fc.constantFrom(...places), fc.constantFrom(...ways)), { minLength: 1, maxLength: 4 })
  .map((parts) => {
    const body = parts
      .flatMap(([place, way]) => place.replaceAll('%', () => way))
      .join('\n')
      .replaceAll('V', () => '(index v N)')
      .replaceAll('{{(index v N)}}', '{{index v N}}')
    let count = 0
    const numbered = body.replace(/\bN\b/g, () => String(count++ % 8))
    return `{{#with (parseJSON (key "v")) as |v|}}${numbered}{{/with}}`
  })

/** Null where the values were refused. */
function tried(text: string, values: readonly string[]): string | null {
  try {
    return rendered(text, { kv: { v: JSON.stringify(values) } }).content
  } catch (error) {
    assert.ok(error instanceof QuaysideError, String(error))
    return null
  }
}

test('no value changes the shape of the configuration, whichever encoder writes it wherever', () => {
  let accepted = 0
  fc.assert(
    fc.property(anyTemplate, fc.array(hostile, { minLength: 8, maxLength: 8 }), (text, values) => {
      const content = tried(text, values)
      if (content === null) return
      accepted += 1
      const harmless = tried(
        text,
        values.map(() => 'x'),
      )
      assert.ok(harmless !== null)
      assert.deepEqual(shape(parseNginx(content)), shape(parseNginx(harmless)))
    }),
    property(20_000),
  )
  assert.ok(accepted > 0)
})
