import type { Model } from '../route/model.ts'
import { emptyVariable, stickyVariables } from './names.ts'

export type HashSize = { readonly bucket: number; readonly max: number }
/** Null where nginx's own sizes do: then nothing is written that an operator's main configuration may hold too. */
export type HashSizes = { readonly serverNames: HashSize | null; readonly variables: HashSize | null }

/**
 * Sizes of nginx's hash tables. A name that doesn't fit into a bucket is an error in nginx, too many names only a warning and
 * slow look-ups; both are known beforehand.
 */
export function hashSizes(model: Model): HashSizes {
  const hosts = model.httpServers.map(({ host }) => host)
  const http = model.upstreams.filter(({ context }) => context === 'http')
  return {
    serverNames: sizeFor(hosts, 512),
    variables: sizeFor(
      http.flatMap(({ name, sticky }) =>
        sticky === undefined
          ? [emptyVariable(name)]
          : [emptyVariable(name), ...Object.values(stickyVariables(name))],
      ),
      1024,
    ),
  }
}

const nginxBucket = 64
/** Names that nginx adds by itself, its built-in variables being the most. */
const builtIn = 256

function sizeFor(names: readonly string[], nginxMax: number): HashSize | null {
  const longest = Math.max(0, ...names.map((name) => name.length))
  const few = names.length <= 32
  if (few && entrySize(longest) <= nginxBucket) return null
  // Room for eight of the longest and twice as many buckets as names: so many in one bucket then never happen.
  const bucket = powerOfTwo(entrySize(longest) * (few ? 1 : 8))
  return { bucket, max: Math.max(nginxMax, powerOfTwo(2 * (names.length + builtIn))) }
}

/** A pointer, the length and the name, aligned to 8 bytes, and the pointer that ends a bucket. */
function entrySize(length: number): number {
  return 16 + 8 * Math.ceil((length + 2) / 8)
}

function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value))
}
