import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { followOutput } from '../../../local/processes/output-tail.ts'

test('lines are put together across chunks and kept per stream', async () => {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const seen: string[] = []
  const tail = followOutput([out, err], { onLine: (line) => seen.push(line) })
  out.write('one\ntw')
  err.write('error\n')
  out.write('o\r\nopen')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(seen, ['one', 'error', 'two'])
  assert.deepEqual(tail.lines(), ['one', 'error', 'two', 'open'])
})

test('only the last lines are kept', async () => {
  const out = new PassThrough()
  const tail = followOutput([out, null], { limit: 2 })
  out.write('1\n2\n3\n')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(tail.lines(), ['2', '3'])
})
