import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withInterpreter } from '../../../local/tools/interpreter.ts'

const old = '/lib64/ld-linux-x86-64.so.2'

/** The least that is an ELF file: a header, two program headers, the loader's path, and something behind it. */
function elf(types: readonly [number, number] = [6, 3]): Buffer {
  const file = Buffer.alloc(64 + 2 * 56 + old.length + 1 + 4, 0)
  file.write('\x7fELF\x02\x01', 'latin1')
  file.writeBigUInt64LE(64n, 32)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(2, 56)
  types.forEach((type, index) => {
    file.writeUInt32LE(type, 64 + index * 56)
    file.writeBigUInt64LE(BigInt(64 + 2 * 56), 64 + index * 56 + 8)
    file.writeBigUInt64LE(BigInt(old.length + 1), 64 + index * 56 + 32)
  })
  file.write(`${old}\0code`, 64 + 2 * 56)
  return file
}

test('a program gets another loader, and nothing else of it changes', () => {
  const before = elf()
  const after = withInterpreter(before, '/proc/self/fd/9')
  const path = '/proc/self/fd/9'.padEnd(old.length + 1, '\0')
  assert.equal(after.toString('latin1'), before.toString('latin1').replace(`${old}\0`, path))
  assert.deepEqual(before, elf(), 'the original stays as it is')
})

test('a path that is as long as the old one fits, a longer one is refused', () => {
  assert.ok(withInterpreter(elf(), `/${'x'.repeat(old.length - 1)}`).includes('xxx\0code'))
  assert.throws(() => withInterpreter(elf(), `/${'x'.repeat(old.length)}`), {
    code: 'BINARY_MISSING',
    message: /longer than 27 bytes/,
  })
})

for (const [what, file] of [
  ['a script', Buffer.from('#!/bin/sh\n')],
  ['a static program', elf([6, 1])],
  ['a 32-bit program', Buffer.concat([Buffer.from('\x7fELF\x01\x01', 'latin1'), elf().subarray(6)])],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => withInterpreter(file, '/x'), { code: 'BINARY_MISSING' })
  })
}
