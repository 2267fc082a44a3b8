import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from '../../local/table.ts'

test('a column of numbers is aligned to the right, and one of text to the left', () => {
  const text = table(
    ['leg', 'p50'],
    [
      ['event', 5],
      ['a longer leg', 12],
    ],
  )
  assert.equal(text, 'leg           p50\nevent           5\na longer leg   12')
})

test('a table without rows is its head', () => {
  assert.equal(table(['task', 'ECS'], []), 'task  ECS')
})
