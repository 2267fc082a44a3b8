import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEntry, serialiseEntry } from '../../../core/ledger/serialise.ts'
import { transition } from '../../../core/ledger/transition.ts'
import { factOf, seenTask } from '../../support/ledger.ts'

test('an entry is read back as it was written', () => {
  const { entry } = transition(null, factOf(seenTask()))
  assert.deepEqual(parseEntry(serialiseEntry(entry), 'k'), entry)
})

test('a foreign value in the ledger is an error that names the key and what to do', () => {
  assert.throws(() => parseEntry('hello', 'quayside/tasks/x'), {
    code: 'EVENT_INVALID',
    message: /quayside\/tasks\/x.*delete the key/,
  })
  assert.throws(() => parseEntry('{"version":1,"phase":"up"}', 'k'), { message: /k\.phase is "up"/ })
})
