import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseConfigText } from '../../lib/config-text.ts'
import { property } from '../support/scale.ts'

const table: readonly (readonly [text: string, ...problems: string[]])[] = [
  ['', 'line 1, column 1: expected a value, got the end of the file'],
  [
    '{\n  "a": 1,\n}',
    'line 3, column 1: expected another member, got "}"; no comma stands after the last one',
  ],
  ['{"a": [1,]}', 'line 1, column 10: expected another member, got "]"; no comma stands after the last one'],
  [
    '{\n  // mine\n  "a": 1 /* too */\n}',
    'line 2, column 3: expected JSON, got a comment; JSON has none',
    'line 3, column 10: expected JSON, got a comment; JSON has none',
  ],
  [
    '{"a": blue}',
    'line 1, column 7: expected a value in JSON (text stands in double quotes), got a word or number',
  ],
  ["{'a': 1}", 'line 1, column 2: expected a value in JSON (text stands in double quotes), got "\'"'],
  ['{"a" 1}', 'line 1, column 6: expected a colon after the key, got a word or number'],
  ['{"a": 1 "b": 2}', 'line 1, column 9: expected a comma before the next member, got text'],
  ['{"a": 1', 'line 1, column 8: expected a closing }, got the end of the file'],
  ['{"a": [1', 'line 1, column 9: expected a closing ], got the end of the file'],
  ['{"a": "x', 'line 1, column 7: expected a closing " on the same line, got text'],
  ['{"a": 1}}', 'line 1, column 9: expected the end of the file, got "}"'],
  ['{"a": "\\q"}', 'line 1, column 7: expected an escape such as \\n or \\\\, got text'],
  ['{"a": {"b": 1,\n"b": 2}}', 'line 2, column 1: expected each key once, got "b" again'],
]

for (const [text, ...problems] of table)
  test(`what is no JSON is told by line and column: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseConfigText(text).problems, problems)
  })

test('text that is no JSON isn’t repeated, because it may be a secret', () => {
  for (const text of ['{"token": hunter2}', '{"a": "hunter2', 'hunter2', '{"a": 1 "hunter2"}'])
    assert.doesNotMatch(parseConfigText(text).problems?.join() ?? assert.fail('taken'), /hunter2/)
})

test('JSON is read as JSON.parse reads it, also behind a byte-order mark', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', '\uFEFF'), (text, mark) => {
      const { value, problems } = parseConfigText(`${mark}${text}`)
      // The generator makes no object with one key twice.
      assert.equal(problems, null)
      assert.deepEqual(value, JSON.parse(text))
    }),
    property(5_000),
  )
})

test('nothing that JSON.parse refuses is taken', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', 'x', '/'), (text, seed, put) => {
      const at = seed % (text.length + 1)
      const broken = text.slice(0, at) + put + text.slice(at + 1)
      assert.equal(parseConfigText(broken).problems === null, isJson(broken), broken)
    }),
    property(5_000),
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
