import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instance, output, rendered } from '../../support/template-data.ts'

type Case = readonly [expression: string, result: string]

const kv = {
  'c/a/x': '1',
  'c/a/y': '2',
  'c/b': '3',
  json: '{"b":[1,2],"a":"<x>"}',
  list: '["a","b","c"]',
  small: '["a"]',
  other: '["z"]',
  map: '{"a":{"x":"8","y":"","z":9}}',
}

const results: readonly Case[] = [
  ['join "," (split " " "a b")', 'a,b'],
  ['len (split "," "")', '0'],
  ['toJSON (splitToMap "," "=" " b=2,a=1=0,c")', '{"a":"1=0","b":"2"}'],
  ['join "+" (split "," " a,b ")', 'a+b'],
  ['trim "/" "/a/b//"', 'a/b'],
  ['trimPrefix "ab" "abab"', 'ab'],
  ['trimSuffix "ab" "abab"', 'ab'],
  ['trimSuffix "" "ab"', 'ab'],
  ['trimSpace " a "', 'a'],
  ['toLower "AB"', 'ab'],
  ['toUpper "ab"', 'AB'],
  ['toTitle "ab_c d-e"', 'Ab_c D-E'],
  ['indent 2 "a\nb"', '  a\n  b'],
  ['replaceAll "." "$&" "a.b."', 'a$&b$&'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Go's way to name a group.
  ['regexReplaceAll "(?P<n>[a-z])([0-9])" "${2}${n}" "a1b2"', '1a2b'],
  ['regexMatch "^a+$" "aaa"', 'true'],
  ['parseBool "T"', 'true'],
  ['add 1 (parseInt "41")', '42'],
  ['add 1 (parseFloat "1.5")', '2.5'],
  ['parseUint "7"', '7'],
  ['print (parseBool "") (parseInt "") (parseFloat "")', 'false 0 0'],
  ['toJSON (parseJSON (key "json"))', '{"a":"\\u003cx\\u003e","b":[1,2]}'],
  ['toUnescapedJSON (parseJSON (key "json"))', '{"a":"<x>","b":[1,2]}'],
  ['toJSONPretty (parseJSON "[1]")', '[\n  1\n]'],
  ['toUnescapedJSONPretty (parseJSON "{}")', '{}'],
  ['len (parseJSON "")', '0'],
  ['base64Encode "a?b>"', 'YT9iPg=='],
  ['base64Decode "YT9iPg=="', 'a?b>'],
  ['base64URLEncode "a?b>"', 'YT9iPg'],
  ['base64URLDecode "YT9iPg"', 'a?b>'],
  ['md5sum "a"', '0cc175b9c0f1b6a831c399e269772661'],
  ['sha256Hex "a"', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
  ['hmacSHA256Hex "a" "k"', '78da91511e675587f5b9df78bedebaf5560da2abb88162ee875dcdf744951d9e'],
  ['add 2 3', '5'],
  ['subtract 2 5', '3'],
  ['multiply 2 5', '10'],
  ['divide 2 11', '5'],
  ['divide 2 0.5', '0.25'],
  ['modulo 2 5', '1'],
  ['minimum 2 5', '2'],
  ['maximum 2 5', '5'],
  ['join "" (loop 3)', '012'],
  ['join "" (loop 2 4)', '23'],
  ['and 1 "" 2', ''],
  ['or "" 0 "x"', 'x'],
  ['not ""', 'true'],
  ['eq "b" "a" "b"', 'true'],
  ['ne 1 2', 'true'],
  ['lt 1 2', 'true'],
  ['le 2 2', 'true'],
  ['gt "b" "a"', 'true'],
  ['ge 1 2', 'false'],
  ['len "abc"', '3'],
  ['index (parseJSON (key "json")) "b" 1', '2'],
  ['print "a" 1 true "b" 2', 'a1 trueb2'],
  ['contains "b" (parseJSON (key "list"))', 'true'],
  ['in (parseJSON (key "list")) "z"', 'false'],
  ['in "abc" "b"', 'true'],
  ['containsAll (parseJSON (key "small")) (parseJSON (key "list"))', 'true'],
  ['containsAny (parseJSON (key "other")) (parseJSON (key "list"))', 'false'],
  ['containsNone (parseJSON (key "other")) (parseJSON (key "list"))', 'true'],
  ['containsNotAll (parseJSON (key "list")) (parseJSON (key "small"))', 'true'],
  ['toJSON (explode (tree "c"))', '{"a":{"x":"1","y":"2"},"b":"3"}'],
  ['toJSON (explodeMap (parseJSON "{\\"a/b\\":1}"))', '{"a":{"b":1}}'],
  ['toJSON (mergeMap (explode (tree "c")) (parseJSON (key "map")))', '{"a":{"x":"1","y":"2","z":9},"b":"3"}'],
  [
    'toJSON (mergeMapWithOverride (explode (tree "c")) (parseJSON (key "map")))',
    '{"a":{"x":"8","y":"2","z":9},"b":"3"}',
  ],
  ['index (byKey (tree "c")) "a" "y" "Value"', '2'],
]

test('every function gives what consul-template gives', () => {
  for (const [expression, result] of results) {
    const written = output(`# {{comment (toUnescapedJSON (print (${expression})))}}`, { kv })
    assert.equal(JSON.parse(written.slice(2)), result, expression)
  }
})

test('instances are grouped by tag, port and meta, in the order of the groups', () => {
  const instances = [
    instance('w', 1, { tags: ['b', 'a'], port: 81, meta: { v: '10', env: 'p.x' } }),
    instance('w', 2, { tags: ['b'], port: 80, meta: { v: '9' } }),
  ]
  const groups = (expression: string) =>
    output(
      `# {{#each (${expression} (service "w"))}}{{comment @key}}:{{#each this}}{{ID}},{{/each}} {{/each}}`,
      {
        instances,
      },
    )
  assert.equal(groups('byTag'), '# a:w-1, b:w-1,w-2, ')
  assert.equal(groups('byPort'), '# 80:w-2, 81:w-1, ')
  assert.equal(groups('byMeta "v|int,env"'), '# 00009__no_env_:w-2, 00010_p_x:w-1, ')
  assert.equal(
    output('# {{#each (byTag (services))}}{{comment @key}} {{len this}} {{/each}}', { instances }),
    '# a 1 b 1 ',
  )
})

test('scratch keeps what was noted, its setters write nothing, and its maps come in the order of their keys', () => {
  const text = `{{scratch.Set "a" 1}}{{scratch.SetX "a" 2}}{{scratch.MapSet "m" "y" 1}}{{scratch.MapSet "m" "x" 2}}{{scratch.MapSetX "m" "x" 3}}
a {{scratch.Get "a"}} {{scratch.Key "b"}} {{words (scratch.MapValues "m")}} {{index (scratch.Get "m") "y"}};`
  assert.equal(output(text), '\na 1 false 2 1 1;')
  assert.throws(
    () => output('{{scratch.Set "a" 1}}{{scratch.MapSet "a" "b" 2}}'),
    /scratch holds no map under "a"/,
  )
})

test('conditions count empty lists, texts and objects, 0 and what is not there as false', () => {
  for (const value of ['(parseJSON "{}")', '(parseJSON "[]")', '""', '0', 'Foo', '(not true)'])
    assert.equal(
      output(`{{#if ${value}}}a;{{else}}b;{{/if}}{{#unless ${value}}}c;{{/unless}}`),
      'b;c;',
      value,
    )
  assert.equal(
    output('{{#with ""}}a;{{else}}b;{{/with}}{{#each (lookup Foo "x")}}c;{{else}}d;{{/each}}'),
    'b;d;',
  )
})

test('what a function cannot work with is named, with the function and the line', () => {
  const wrong: readonly Case[] = [
    ['join ","', 'join: takes 2 arguments, got 1'],
    ['join "," "a"', 'join: expected a list, got "a"'],
    ['toUpper (services)', 'toUpper: expected a text, got a list of 0'],
    ['add 1 "x"', 'add: expected a number, got "x"'],
    ['add 1 ""', 'add: expected a number, got ""'],
    ['modulo 1 1.5', 'modulo: expected a whole number, got 1.5'],
    ['divide 0 1', 'divide: division by zero'],
    ['loop 100001', 'loop: loops at most 100000 times'],
    ['indent -1 "a"', 'indent: expected 0 to 1000 spaces'],
    ['regexMatch "(" "a"', "regexMatch: the pattern can't be read"],
    ['regexMatch "a" (print (join "a" (loop 5000)))', 'regexMatch: a text of .* characters is not matched'],
    ['parseInt "1.5"', 'parseInt: "1.5" is no such whole number'],
    ['parseUint "-1"', 'parseUint: "-1" is no'],
    ['parseBool "maybe"', 'parseBool: "maybe" is neither'],
    ['parseJSON "{"', 'parseJSON: the text is not JSON'],
    ['base64Decode "%"', 'base64Decode: the text is not base64'],
    ['lt 1 "a"', 'lt: 1 and "a" can\'t be compared'],
    ['len 1', 'len: 1 has no length'],
    ['explode (tree "d")', 'explode: "a" is a key and a folder of keys at once'],
    ['service "web" name="x"', 'service: a query and name= exclude one another'],
    ['service "web" tag="x"', 'service: tag= and status= go with name='],
    ['service nam="x"', 'service: nam= is not known here; did you mean name=\\?'],
    ['toUpper "a" dc="x"', 'toUpper: dc= is not known here'],
    ['node', 'node: takes 1 arguments, got 0'],
  ]
  const fixture = { kv: { 'd/a': '1', 'd/a/b': '2' } }
  for (const [expression, reason] of wrong)
    assert.throws(() => rendered(`a;\n# {{comment (${expression})}}`, fixture), {
      code: 'TEMPLATE_FAILED',
      message: new RegExp(`^template web, line 2: ${reason}`),
    })
})
