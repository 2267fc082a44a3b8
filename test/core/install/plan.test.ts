import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../core/canonical.ts'
import { insertAtEnd, withInsertion } from '../../../core/install/insert.ts'
import { emptyRecord, planFiles, recordOf, type Wish } from '../../../core/install/plan.ts'
import { showChange } from '../../../core/install/show-change.ts'
import { planUndo } from '../../../core/install/undo.ts'

const unit: Wish = { path: '/u', text: 'new', mode: 0o644, what: 'the unit', renewed: true }
const settings: Wish = { ...unit, path: '/s', renewed: false }
const recorded = { ...emptyRecord, files: { '/u': sha256('old') } }

test('what is missing is written, and what is there already is not written again', () => {
  const { changes } = planFiles([unit, settings], () => null, emptyRecord)
  assert.deepEqual(
    changes.map(({ path, before, after }) => [path, before, after]),
    [
      ['/u', null, 'new'],
      ['/s', null, 'new'],
    ],
  )
  assert.deepEqual(
    planFiles([unit], () => 'new', emptyRecord),
    { changes: [], kept: [] },
  )
})

test('an older file of install is renewed; one that somebody changed stays and is named', () => {
  assert.equal(planFiles([unit], () => 'old', recorded).changes[0]?.after, 'new')
  assert.deepEqual(
    planFiles([unit], () => 'mine', recorded),
    { changes: [], kept: ['/u'] },
  )
})

test('settings that are there are the operator’s, whatever they hold', () => {
  assert.deepEqual(
    planFiles([settings], () => 'filled in', emptyRecord),
    { changes: [], kept: [] },
  )
})

test('uninstall removes what is as it was written, and says why anything else stays', () => {
  const texts: Record<string, string> = { '/u': 'old', '/s': 'filled in' }
  const record = {
    ...emptyRecord,
    files: { '/u': sha256('old'), '/s': sha256('skeleton'), '/gone': sha256('x') },
  }
  const { undos, kept } = planUndo(record, (path) => texts[path] ?? null)
  assert.deepEqual(undos, [{ path: '/u', before: 'old', after: null }])
  assert.deepEqual(Object.keys(kept), ['/s'])
})

test('uninstall takes its lines out of a file that was changed elsewhere meanwhile', () => {
  const insertion = insertAtEnd('a;\n', ['stream {', '}'])
  const text = withInsertion('a;\n', insertion)
  const record = { ...emptyRecord, inserted: { '/n': [insertion.text] }, conf: ['/n'] }
  assert.equal(planUndo(record, () => `${text}b;\n`).undos[0]?.after, 'a;\nb;\n')
  assert.match(planUndo(record, () => text.replace('stream', 'mail')).kept['/n'] ?? '', /by hand/)
  assert.deepEqual(
    planUndo(record, () => 'a;\n'),
    { undos: [], kept: {} },
  )
  assert.match(planUndo(record, () => `${text}${insertion.text}`).kept['/n'] ?? '', /by hand/)
  const twice = { ...record, inserted: { '/n': [insertion.text, insertion.text] } }
  assert.equal(planUndo(twice, () => text).undos[0]?.after, 'a;\n', 'after a run that was cut short')
})

test('a record keeps what earlier runs did', () => {
  const change = { ...unit, before: null, after: 'new' }
  const edit = { ...change, path: '/n', inserted: ['lines'] }
  const first = recordOf(emptyRecord, { files: [change], conf: [edit], folders: ['/f'] })
  const second = recordOf(first, { files: [], conf: [{ ...edit, inserted: ['more'] }], folders: [] })
  assert.deepEqual(second, {
    files: { '/u': sha256('new') },
    inserted: { '/n': ['lines', 'more'] },
    conf: ['/n'],
    folders: ['/f'],
  })
})

test('an edit is shown by the lines that it adds, with their numbers', () => {
  const change = { path: '/n', before: 'a\nb\n', after: 'a\nx\nb\n', mode: 0, what: 'w', inserted: ['x\n'] }
  assert.deepEqual(showChange(change, true), ['  edit /n (w)', '    +    2: x'])
  assert.deepEqual(showChange(change, false), ['  edit /n (w)'])
})
