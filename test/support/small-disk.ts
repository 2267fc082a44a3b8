import { readdirSync, statSync } from 'node:fs'
import fsp from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/**
 * A disk that gets full below some folders, as any user can have it: a small file system of its own would need root. The calls that take space
 * fail with ENOSPC, a write after half of its bytes; what frees or only renames goes on, as on a real disk.
 */
export type SmallDisk = {
  /** How many calls that take space there were since `reset`. */
  readonly count: number
  /** From the n-th such call on the disk is full. */
  fullFrom(n: number): void
  /** The n-th call fails alone, renames counted too. */
  failOnce(n: number): void
  /** All files together may have so many bytes. */
  quota(bytes: number): void
  /** There is room again. */
  reset(): void
}

export function startSmallDisk(t: TestContext, folders: readonly string[]): SmallDisk {
  const limit = { from: Number.POSITIVE_INFINITY, once: 0, bytes: Number.POSITIVE_INFINITY }
  let count = 0
  let withRenames = 0
  const used = () => folders.reduce((sum, folder) => sum + sizeOf(folder), 0)
  const isFull = (bytes: number) => {
    count += 1
    withRenames += 1
    return count >= limit.from || withRenames === limit.once || used() + bytes > limit.bytes
  }
  const isMine = (path: unknown) => folders.some((folder) => String(path).startsWith(`${folder}/`))
  const real = { ...fsp }
  t.after(() => {
    Object.assign(fsp, real)
    syncBuiltinESMExports()
  })

  const taking = <Args extends unknown[], Result>(
    call: (...args: Args) => Promise<Result>,
    pathOf: (args: Args) => unknown,
    bytesOf: (args: Args) => number = () => 0,
  ) => {
    return async (...args: Args): Promise<Result> => {
      if (isMine(pathOf(args)) && isFull(bytesOf(args))) throw noSpace()
      return call(...args)
    }
  }
  const open: typeof fsp.open = async (path, flags, mode) => {
    const file = await real.open(path, flags, mode)
    if (!isMine(path) || typeof flags !== 'number' || (flags & fsp.constants.O_CREAT) === 0) return file
    const write = file.writeFile.bind(file)
    file.writeFile = async (data, ...rest) => {
      const bytes = Buffer.from(data as string | Uint8Array)
      if (!isFull(bytes.length)) return write(bytes, ...rest)
      await write(bytes.subarray(0, bytes.length / 2))
      throw noSpace()
    }
    return file
  }
  const rename: typeof fsp.rename = async (from, to) => {
    if (isMine(to)) withRenames += 1
    if (isMine(to) && withRenames === limit.once) throw noSpace()
    return real.rename(from, to)
  }
  const writeFile = taking(
    real.writeFile,
    ([path]) => path,
    ([, data]) => String(data).length,
  )
  Object.assign(fsp, {
    ...{ open, rename, writeFile },
    mkdir: taking(real.mkdir as (path: string) => Promise<void>, ([path]) => path),
    link: taking(real.link, ([, path]) => path),
    symlink: taking(real.symlink, ([, path]) => path),
  })
  syncBuiltinESMExports()

  const reset = () => {
    Object.assign(limit, { from: Number.POSITIVE_INFINITY, once: 0, bytes: Number.POSITIVE_INFINITY })
    count = 0
    withRenames = 0
  }
  const set = (over: Partial<typeof limit>) => {
    reset()
    Object.assign(limit, over)
  }
  return {
    get count() {
      return count
    },
    fullFrom: (from) => set({ from }),
    failOnce: (once) => set({ once }),
    quota: (bytes) => set({ bytes }),
    reset,
  }
}

/** Linked files count once. */
function sizeOf(folder: string): number {
  const seen = new Map<number, number>()
  for (const name of readdirSync(folder, { recursive: true })) {
    const { ino, size } = statSync(join(folder, String(name)))
    seen.set(ino, size)
  }
  return [...seen.values()].reduce((sum, size) => sum + size, 0)
}

function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', errno: -28 })
}
