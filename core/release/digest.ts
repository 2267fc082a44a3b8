import type { Ref } from './channel.ts'
import { readInteger, readObject, readText } from './read.ts'

export function readDigest(value: unknown, where: string): string {
  return readText(value, where, /^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
}

export function readRef(value: unknown, where: string): Ref {
  const { sha256, size } = readObject(value, where)
  return {
    sha256: readDigest(sha256, `${where}.sha256`),
    size: readInteger(size, `${where}.size`, 0, 2 ** 30),
  }
}
