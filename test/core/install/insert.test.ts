import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { insertAtEnd, insertIntoBlock, withInsertion, withoutInserted } from '../../../core/install/insert.ts'
import { flatten, parseNginx } from '../../../core/render/nginx-parse.ts'
import { property } from '../../support/scale.ts'

const line = 'include "/e";'
const put = (text: string) => {
  const insertion = insertIntoBlock(text, 'http', line)
  return insertion === null ? null : withInsertion(text, insertion)
}

test('a line goes to the end of the block, before what follows it', () => {
  const lines = put('http {\n    gzip on;\n}\nstream {\n}\n')?.split('\n') ?? []
  assert.deepEqual(
    [lines[0], lines[1], lines[3], lines[5], lines[6]],
    ['http {', '    gzip on;', `    ${line}`, '}', 'stream {'],
  )
})

test('braces in comments, quotes and variables close no block', () => {
  const text = `http {\n  # }\n  log_format x "}";\n  map $a $b { default 1; }\n  set $c $\{d};\n}\n`
  assert.match(put(text) ?? '', /set \$c \$\{d\};\n {4}# Begin.*\n {4}include "\/e";\n {4}# End.*\n\}\n$/)
})

test('a block in one line stays readable to nginx', () => {
  const tree = parseNginx(put('events {} http { gzip on; }') ?? '')
  assert.deepEqual(
    tree.map(({ name, block }) => [name, block?.map((one) => one.name)]),
    [
      ['events', []],
      ['http', ['gzip', 'include']],
    ],
  )
})

test('a block inside of another one is not meant, and none is no place', () => {
  assert.equal(put('mail { http { } }'), null)
  assert.equal(put('# http { }\n'), null)
})

const word = fc.constantFrom('a;', 'b c;', '# x }\n', '"q }" r;', '\n', '  ', 'd { e; }', "f '{';")
const body = fc.array(word).map((words) => words.join(' '))

test('what was inserted is taken out again to the byte, wherever it went', () => {
  const texts = fc.tuple(body, body, body, fc.constantFrom('', '\n'))
  fc.assert(
    fc.property(texts, ([before, inside, after, end]) => {
      const text = `${before}\nhttp {${inside}\n}${after}${end}`
      const http = insertIntoBlock(text, 'http', line)!
      const stream = insertAtEnd(text, ['stream {', '}'])
      const both = withInsertion(withInsertion(text, stream), http)
      const names = flatten(parseNginx(both)).map(({ name }) => name)
      assert.equal(names.filter((name) => name === 'include').length, 1)
      const once = withoutInserted(both, stream.text)!
      assert.equal(withoutInserted(once, http.text), text)
    }),
    property(2_000),
  )
})

test('lines that were changed, or are there twice, are not taken out', () => {
  const { text } = insertAtEnd('', ['stream {', '}'])
  assert.equal(withoutInserted(text.replace('stream', 'Stream'), text), null)
  assert.equal(withoutInserted(text + text, text), null)
})
