import { QuaysideError } from '../../core/errors.ts'

/** Where the header of a 64-bit ELF file says where its program headers are, and what is in each of them. */
const layout = { table: 32, entrySize: 54, entryCount: 56, fileOffset: 8, fileSize: 32 }
const interpreterType = 3

/**
 * A copy of a program that is loaded by the loader at `path`, which must not be longer than that of its present one. Throws
 * BINARY_MISSING for anything but a 64-bit little-endian ELF program with a loader.
 */
export function withInterpreter(program: Buffer, path: string): Buffer {
  const { offset, size } = interpreterOf(program)
  if (Buffer.byteLength(path) >= size) {
    throw new QuaysideError(
      'BINARY_MISSING',
      `the path of the loader, ${path}, is longer than ${size - 1} bytes`,
    )
  }
  const changed = Buffer.from(program)
  changed.fill(0, offset, offset + size)
  changed.write(path, offset)
  return changed
}

function interpreterOf(program: Buffer): { readonly offset: number; readonly size: number } {
  const isKnown = program.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'))
  const count = isKnown ? program.readUInt16LE(layout.entryCount) : 0
  for (let index = 0; index < count; index++) {
    const at = Number(program.readBigUInt64LE(layout.table)) + index * program.readUInt16LE(layout.entrySize)
    if (program.readUInt32LE(at) !== interpreterType) continue
    const field = (offset: number) => Number(program.readBigUInt64LE(at + offset))
    return { offset: field(layout.fileOffset), size: field(layout.fileSize) }
  }
  throw new QuaysideError('BINARY_MISSING', 'the program is no 64-bit ELF file that names a loader')
}
