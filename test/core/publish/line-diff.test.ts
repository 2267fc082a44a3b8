import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffLines, unifiedDiff } from '../../../core/publish/line-diff.ts'
import { property } from '../../support/scale.ts'

test('a diff holds both texts, whatever they are, and nothing that is equal is called different at the ends', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 20 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after)
      const side = (sign: '-' | '+') => diff.filter((line) => line.sign !== sign).map(({ text }) => text)
      assert.deepEqual([side('+'), side('-')], [before, after])
      assert.ok(diff.filter(({ sign }) => sign === ' ').length >= commonStart(before, after))
    }),
    property(2_000),
  )
})

function commonStart(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((line, index) => line !== b[index])
  return at === -1 ? a.length : at
}

test('few edits stay few, and texts with nothing in common are replaced as a whole', () => {
  const count = (before: readonly string[], after: readonly string[]) =>
    diffLines(before, after).filter(({ sign }) => sign !== ' ').length
  assert.equal(count(['a', 'b', 'c'], ['a', 'x', 'c']), 2)
  assert.equal(count(['a', 'b'], ['a', 'b', 'c']), 1)
  const long = Array.from({ length: 1_500 }, (_, at) => `old ${at}`)
  const other = Array.from({ length: 1_500 }, (_, at) => `new ${at}`)
  assert.equal(count(long, other), 3_000)
})

test('a unified diff has three lines around each change and says where they are', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`)
  const after = before.toSpliced(9, 1, 'changed', 'added')
  const text = unifiedDiff('a.conf', `${before.join('\n')}\n`, `${after.join('\n')}\n`)
  assert.equal(
    text,
    [
      ...['--- a.conf (in force)', '+++ a.conf (planned)', '@@ -7,7 +7,8 @@'],
      ...[
        ' line 7',
        ' line 8',
        ' line 9',
        '-line 10',
        '+changed',
        '+added',
        ' line 11',
        ' line 12',
        ' line 13',
      ],
    ].join('\n'),
  )
  assert.equal(unifiedDiff('a.conf', 'x\n', 'x\n'), '')
  assert.match(unifiedDiff('a.conf', '', 'x\n'), /^@@ -1,0 \+1,1 @@\n\+x$/m)
})
