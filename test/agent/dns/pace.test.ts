import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from '../../../agent/dns/pace.ts'

const list = 400

test('a list that comes alone goes out at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sent: number[] = []
  const pace = createPace()
  for (let at = 0; at < 5; at += 1) {
    pace.send(list, () => sent.push(at))
    t.mock.timers.tick(1)
  }
  assert.deepEqual(sent, [0, 1, 2, 3, 4])
})

test('lists that come together go out in their order, a few per tick, and none while their questions come', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sent: number[] = []
  const pace = createPace()
  for (let at = 0; at < 8; at += 1) pace.send(list, () => sent.push(at))
  assert.deepEqual(sent, [0, 1, 2])
  for (let question = 0; question < 100; question += 1) pace.arrived()
  t.mock.timers.tick(1)
  assert.deepEqual(sent, [0, 1, 2])
  t.mock.timers.tick(1)
  assert.deepEqual(sent, [0, 1, 2, 3, 4, 5])
  t.mock.timers.tick(1)
  assert.deepEqual(sent, [0, 1, 2, 3, 4, 5, 6, 7])
})

test('lists are not held for ever, however many questions come', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sent: number[] = []
  const pace = createPace()
  for (let at = 0; at < 4; at += 1) pace.send(list, () => sent.push(at))
  for (let tick = 0; tick < 20; tick += 1) {
    for (let question = 0; question < 100; question += 1) pace.arrived()
    t.mock.timers.tick(1)
  }
  assert.deepEqual(sent, [0, 1, 2, 3])
})

test('a pace that is stopped sends nothing any more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sent: number[] = []
  const pace = createPace()
  for (let at = 0; at < 8; at += 1) pace.send(list, () => sent.push(at))
  pace.stop()
  t.mock.timers.tick(10)
  assert.equal(sent.length, 3)
})
