const zero = 48

/** One decimal number of a dotted IPv4 address, without leading zeros. */
export function isQuad(text: string): boolean {
  const isPlain = text.charCodeAt(0) !== zero || text.length === 1
  return isPlain && /^\d{1,3}$/.test(text) && Number(text) <= 255
}

/** The 16 bytes of an IPv6 literal, with `::` once at most and a dotted IPv4 tail allowed. */
export function parseIpv6(text: string): readonly number[] | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = [parseGroups(halves[0] ?? '', halves.length === 1), parseGroups(halves[1] ?? '', true)]
  if (head === null || tail === null) return null
  const missing = 16 - head.length - tail.length
  if (halves.length === 1) return missing === 0 ? head : null
  return missing < 2 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function parseGroups(text: string, last: boolean): readonly number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const bytes: number[] = []
  for (const [at, part] of parts.entries()) {
    const group = parseGroup(part, last && at === parts.length - 1)
    if (group === null) return null
    bytes.push(...group)
  }
  return bytes
}

function parseGroup(part: string, dottedAllowed: boolean): readonly number[] | null {
  if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
    const value = Number.parseInt(part, 16)
    return [value >> 8, value & 0xff]
  }
  const quads = part.split('.')
  return dottedAllowed && quads.length === 4 && quads.every(isQuad) ? quads.map(Number) : null
}
