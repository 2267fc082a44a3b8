import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../core/canonical.ts'
import { type BadMark, blockedBy, forget, markBad } from '../../../core/host/bad-marks.ts'
import {
  addressesId,
  chooseTarget,
  culprit,
  isInstalled,
  volatileFor,
} from '../../../core/host/choose-target.ts'
import type { Installed } from '../../../core/host/host-state.ts'
import type { Pointer } from '../../../core/release/channel.ts'

const ref = (name: string) => ({ sha256: sha256(name), size: 1 })
const pointer: Pointer = {
  ...{ schema: 1, deployment: 'd', channel: 'c', generation: 7, pin: null, volatile: [] },
  ...{ layout: ref('new'), previousLayout: ref('previous'), endpoints: ref('today'), state: ref('s') },
  ...{ upstreams: { http: ref('h'), stream: ref('t') }, created: '', expires: '' },
}
const confirmed: Installed = {
  ...{ configId: sha256('id'), releaseId: sha256('r'), generation: 6, volatile: [] },
  ...{ layout: ref('old'), endpoints: ref('yesterday') },
}
const bad = (...names: string[]): BadMark[] =>
  names.map((name) => ({
    id: sha256(name),
    failures: 1,
    retryAt: 1_000,
    host: 'h',
    step: 'test',
    reason: 'r',
  }))
const choose = (state: { confirmed: Installed | null; bad: BadMark[] }) => {
  const { target, blocked } = chooseTarget(pointer, state, 'h', 0)
  return [
    target?.why ?? null,
    target?.layout.sha256 ?? null,
    target?.endpoints.sha256 ?? null,
    blocked !== null,
  ]
}
const today = sha256('today')

test('what the channel offers is tried as long as nothing is known against it', () => {
  assert.deepEqual(choose({ confirmed, bad: [] }), ['offered', sha256('new'), today, false])
})

test('while the offered layout is bad, today’s endpoints go to the confirmed one', () => {
  assert.deepEqual(choose({ confirmed, bad: bad('new') }), ['confirmed layout', sha256('old'), today, true])
})

test('a host that never confirmed any takes the previous layout, unless that is bad too', () => {
  const state = { confirmed: null, bad: bad('new') }
  assert.deepEqual(choose(state), ['previous layout', sha256('previous'), today, true])
  assert.deepEqual(choose({ ...state, bad: bad('new', 'previous') }), [null, null, null, true])
})

test('bad endpoints leave everything as it is', () => {
  assert.deepEqual(choose({ confirmed, bad: bad('today') }), [null, null, null, true])
})

test('a failure is blamed on the endpoints only where the layout is known to work', () => {
  const { target } = chooseTarget(pointer, { confirmed, bad: [] }, 'h', 0)
  assert.ok(target)
  assert.equal(culprit(target, confirmed), sha256('new'))
  assert.equal(culprit({ ...target, layout: confirmed.layout }, confirmed), today)
})

test('the file of an operator’s template is blamed with the endpoints: another one is tried at once', () => {
  const file = (text: string) => ({ ...ref(text), path: 'operator/app.http.conf', context: 'http' as const })
  const failed = { ...pointer, layout: confirmed.layout, volatile: [file('broken')] }
  const { target } = chooseTarget(failed, { confirmed, bad: [] }, 'h', 0)
  assert.ok(target)
  const id = culprit(target, confirmed)
  assert.equal(id, addressesId(failed))
  const marked = { confirmed, bad: markBad([], { id, host: 'h', step: 'test', reason: '' }, 0) }
  assert.equal(chooseTarget(failed, marked, 'h', 0).target, null)
  assert.notEqual(chooseTarget({ ...failed, volatile: [file('mended')] }, marked, 'h', 0).target, null)
})

test('what failed under the confirmed layout waits also where the offered one has other volatile files', () => {
  const file = (text: string) => ({ ...ref(text), path: 'operator/app.http.conf', context: 'http' as const })
  const offered = { ...pointer, volatile: [file('new')] }
  const runs = { ...confirmed, volatile: [file('old')] }
  const { target } = chooseTarget(offered, { confirmed: runs, bad: bad('new') }, 'h', 0)
  assert.equal(target?.why, 'confirmed layout')
  const failure = { id: culprit(target, runs), host: 'h', step: 'test', reason: '' } as const
  const marks = markBad(bad('new'), failure, 0)
  assert.equal(chooseTarget(offered, { confirmed: runs, bad: marks }, 'h', 0).target, null)
})

test('content is installed whatever its generation', () => {
  const { layout, endpoints, volatile } = confirmed
  const target = { layout, endpoints, volatile, generation: 99, why: 'offered' } as const
  assert.equal(isInstalled(target, confirmed), true)
  assert.equal(isInstalled({ ...target, endpoints: ref('today') }, confirmed), false)
  assert.equal(isInstalled(target, null), false)
})

test('a layout whose volatile file has no bytes cannot be composed', () => {
  const layout = { schema: 1, files: [], upstreams: [], renderer: 'r' } as const
  const volatile = [{ path: 'a.conf', context: 'http', template: sha256('t'), queries: [] }] as const
  const bytes = { path: 'a.conf', context: 'http', ...ref('bytes') } as const
  assert.deepEqual(volatileFor({ ...layout, volatile }, [bytes]), [bytes])
  assert.equal(volatileFor({ ...layout, volatile }, []), null)
})

test('a failure is tried again after 1, 5 and then every 15 minutes', () => {
  const failure = { id: 'a', host: 'h', step: 'test', reason: '' } as const
  let marks: readonly BadMark[] = []
  const waits = [1, 2, 3, 4].map(() => {
    marks = markBad(marks, failure, 0)
    return (marks[0]?.retryAt ?? 0) / 60_000
  })
  assert.deepEqual(waits, [1, 5, 15, 15])
  assert.equal(blockedBy(marks, 'a', 'h', 15 * 60_000 - 1)?.failures, 4)
  assert.equal(blockedBy(marks, 'a', 'h', 15 * 60_000), undefined)
})

test('a host that changed, or a clock that went back, blocks nothing', () => {
  const marks = markBad([], { id: 'a', host: 'h', step: 'test', reason: '' }, 1_000_000_000)
  assert.equal(blockedBy(marks, 'a', 'changed', 1_000_000_001), undefined)
  assert.equal(blockedBy(marks, 'a', 'h', 1_000), undefined)
  assert.deepEqual(forget(marks, ['a']), [])
})

test('only so many failures are kept', () => {
  const names = Array.from({ length: 50 }, (_, i) => String(i))
  const marks = names.reduce<readonly BadMark[]>(
    (kept, id) => markBad(kept, { id, host: 'h', step: 'test', reason: '' }, 0),
    [],
  )
  assert.equal(marks.length, 20)
  assert.equal(marks.at(-1)?.id, '49')
})
