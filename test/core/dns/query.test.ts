import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeAnswer } from '../../../core/dns/answer.ts'
import { emptyDirectory, find, openDirectory } from '../../../core/dns/directory.ts'
import { serviceName } from '../../../core/dns/names.ts'
import { parseQuery } from '../../../core/dns/query.ts'
import { noRecords } from '../../../core/dns/records.ts'
import { decodeMessage, queryFor, wireTypes } from '../../support/dns.ts'
import { property } from '../../support/scale.ts'

const srv = queryFor({ name: serviceName('web.http.quayside'), type: wireTypes.SRV })
const changed = (at: number, ...bytes: readonly number[]) => {
  const copy = Buffer.from(srv)
  copy.set(bytes, at)
  return copy
}

test('answers and what is shorter than a header get no answer', () => {
  assert.equal(parseQuery(changed(2, 0x81)), null)
  for (let length = 0; length < 12; length += 1) assert.equal(parseQuery(srv.subarray(0, length)), null)
})

const malformed = {
  'no question': changed(4, 0, 0),
  'two questions': changed(4, 0, 2),
  'an answer': changed(6, 0, 1),
  'an authority': changed(8, 0, 1),
  'a record that is announced and missing': changed(10, 0, 1),
  'more records than there are': changed(10, 0xff, 0xff),
  'bytes after the question': Buffer.concat([srv, Buffer.from([0])]),
  'a name that points to itself': changed(12, 0xc0, 12),
  'a name that points to the header': changed(12, 0xc0, 0),
  'a label of a type that nobody uses': changed(12, 0x80),
  'a label that leaves the message': changed(12, 63),
  'a name without end': Buffer.concat([srv.subarray(0, 12), Buffer.alloc(300, 1)]),
  'a name of 256 bytes': Buffer.concat([
    srv.subarray(0, 12),
    Buffer.alloc(255).fill('\x3f'.padEnd(64, 'a')),
    Buffer.from([0, 0, 1, 0, 1]),
  ]),
  'a question without its class': srv.subarray(0, srv.length - 1),
}

for (const [what, message] of Object.entries(malformed))
  test(`a message with ${what} is malformed`, () => {
    assert.equal(parseQuery(message)?.problem, 1)
  })

test('whatever bytes come, the answer is a message that holds no more than was asked for', () => {
  const targets = [{ address: '10.0.0.1', port: 80, weight: 1 }]
  const directory = openDirectory(new Map([['web.http.quayside', targets]]), emptyDirectory)
  const damaged = fc
    .array(fc.tuple(fc.nat(srv.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((edits) => edits.reduce((bytes, [at, byte]) => bytes.fill(byte, at, at + 1), Buffer.from(srv)))
  const cut = fc.tuple(damaged, fc.nat(srv.length)).map(([bytes, length]) => bytes.subarray(0, length))
  const bytes = fc.oneof(
    damaged,
    cut,
    fc.uint8Array({ maxLength: 600 }).map((all) => Buffer.from(all)),
  )
  fc.assert(
    fc.property(bytes, (message) => {
      const query = parseQuery(message)
      if (query === null) return
      const { problem } = query
      const finding = problem === null ? find(directory, query) : { code: problem, records: noRecords }
      const answer = encodeAnswer(query, finding, 'udp').message
      const { id, flags = 0, question, answers, extra } = decodeMessage(answer)
      assert.equal(id, message.readUInt16BE())
      assert.equal(flags & 0x8000, 0x8000)
      assert.ok(question.length <= 1 && answers.length <= 1 && extra.length <= 1)
      assert.ok(answer.length <= message.length + 64)
    }),
    property(20_000),
  )
})
