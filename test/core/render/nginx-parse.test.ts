import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Directive, parseNginx } from '../../../core/render/nginx-parse.ts'

const outline = (list: readonly Directive[]): unknown[] =>
  list.map(({ name, args, block }) => (block === null ? [name, ...args] : [name, ...args, outline(block)]))

test('blocks, words, quotes, variables and comments are told apart as nginx does', () => {
  for (const [text, expected] of [
    ['a b c; d;', [['a', 'b', 'c'], ['d']]],
    ['a{b;}', [['a', [['b']]]]],
    ['a "x;{}#" \'y "z\';', [['a', 'x;{}#', 'y "z']]],
    ['a "x\\"y" \\;z;', [['a', 'x"y', '\\;z']]],
    ['a x#y; # c; {\nb;', [['a', 'x#y'], ['b']]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how nginx writes a variable
    ['a x${y}z;', [['a', 'x${y}z']]],
    ['a }b;', null],
    ['a b}c;', [['a', 'b}c']]],
  ] as const) {
    if (expected === null) assert.throws(() => parseNginx(text), { code: 'RENDER_REFUSED' }, text)
    else assert.deepEqual(outline(parseNginx(text)), expected, text)
  }
})

test('each directive has its line', () => {
  const [server] = parseNginx('\n\nserver {\n\n  listen\n 80;\n name "a\nb";\n x; }')
  assert.equal(server?.line, 3)
  assert.deepEqual(
    server?.block?.map(({ line }) => line),
    [5, 7, 9],
  )
})

test('text that nginx cannot read is refused with file and line', () => {
  for (const [text, line] of [
    ['a {\n b;', 1],
    ['a;\n}', 2],
    ['a;\n"x', 2],
    ['a\n b', 1],
    [';', 1],
    ['a;\n {}', 2],
    ['a "x"y;', 1],
  ] as const) {
    assert.throws(
      () => parseNginx(text, 'x.conf'),
      (error: Error) => error.message.startsWith(`x.conf, line ${line}:`),
      text,
    )
  }
})
