import { constants, gzipSync } from 'node:zlib'
import { createTar } from 'nanotar'

/** A file of a package; folders are made for it. */
export type PackedFile = {
  readonly path: string
  readonly content: string | Uint8Array
  readonly mode: number
}

/** When packages were made, as far as they tell: the same contents give the same bytes. Seconds since the epoch. */
export type Stamp = number

/** The time that reproducible builds agree on; without it one that no real build has. */
export function stampFrom(env: Readonly<Record<string, string | undefined>>): Stamp {
  const stated = Number(env.SOURCE_DATE_EPOCH ?? 315_532_800)
  if (Number.isSafeInteger(stated) && stated >= 0) return stated
  throw new Error(`SOURCE_DATE_EPOCH=${env.SOURCE_DATE_EPOCH} is no number of seconds`)
}

/** A gzipped tar of files that belong to root, with their folders before them. */
export function tarball(files: readonly PackedFile[], stamp: Stamp): Buffer {
  const root = { uid: 0, gid: 0, user: 'root', group: 'root', mtime: stamp * 1_000 }
  const folders = [...new Set(files.flatMap(({ path }) => foldersOf(path)))].sort()
  const tar = createTar([
    ...folders.map((name) => ({ name: `${name}/`, attrs: { ...root, mode: '755' } })),
    ...files.map(({ path, content, mode }) => ({
      name: path,
      data: Buffer.from(content),
      attrs: { ...root, mode: mode.toString(8) },
    })),
  ])
  return gzip(tar)
}

/** The header names the system that compressed, in its tenth byte. */
function gzip(data: Uint8Array): Buffer {
  const zipped = gzipSync(data, { level: constants.Z_BEST_COMPRESSION })
  zipped[9] = 3
  return zipped
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/')).filter((folder) => folder !== '.')
}

/** An `ar` archive, in which a Debian package keeps its three parts. */
export function ar(
  members: readonly { readonly name: string; readonly data: Uint8Array }[],
  stamp: Stamp,
): Buffer {
  const parts = members.flatMap(({ name, data }) => {
    const fields: readonly [string | number, number][] = [
      [name, 16],
      [stamp, 12],
      [0, 6],
      [0, 6],
      ['100644', 8],
      [data.length, 10],
    ]
    const header = fields.map(([value, width]) => String(value).padEnd(width)).join('')
    return [Buffer.from(`${header}\`\n`), data, Buffer.from(data.length % 2 === 0 ? '' : '\n')]
  })
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts])
}
