import { open, stat } from 'node:fs/promises'
import { completeLines, fatalLine } from '../core/host/fatal-lines.ts'

/** Follows nginx's error log from now on. */
export type ErrorLogTail = {
  /** The complete lines that are new. */
  nextText(): Promise<string>
  nextFatalLine(master: number): Promise<string | null>
}

const largestRead = 1024 * 1024

/**
 * A log that isn't there yet counts as empty, and one that was rotated meanwhile is read from its beginning. One that can't be read says
 * nothing: a failure is then noticed at the deadline, by what is missing.
 */
export async function tailErrorLog(path: string): Promise<ErrorLogTail> {
  const start = await stat(path).catch(() => null)
  let inode = start?.ino
  let offset = start?.size ?? 0
  const nextText = async () => {
    const now = await stat(path).catch(() => null)
    if (now === null) return ''
    if (now.ino !== inode || now.size < offset) offset = 0
    inode = now.ino
    if (now.size === offset) return ''
    const { text, length } = completeLines(await readFrom(path, offset, now.size))
    offset += length
    return text
  }
  return { nextText, nextFatalLine: async (master) => fatalLine(await nextText(), master) }
}

async function readFrom(path: string, offset: number, size: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => null)
  try {
    const buffer = Buffer.alloc(Math.min(size - offset, largestRead))
    const { bytesRead = 0 } = (await file?.read(buffer, 0, buffer.length, offset).catch(() => null)) ?? {}
    return buffer.subarray(0, bytesRead)
  } finally {
    await file?.close()
  }
}
