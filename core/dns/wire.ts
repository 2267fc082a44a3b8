/** Numbers of RFC 1035, 2782 and 6891 that stand in messages. */
export const types = { a: 1, aaaa: 28, srv: 33, opt: 41 } as const
export const codes = { ok: 0, malformed: 1, failed: 2, unsupported: 4, refused: 5, badVersion: 16 } as const
export const flags = {
  response: 0x80,
  opcode: 0x78,
  authoritative: 0x04,
  truncated: 0x02,
  wanted: 0x01,
} as const

export type Code = (typeof codes)[keyof typeof codes]

export const internet = 1
export const headerLength = 12
/** The longest name in its wire form, with the length bytes and the empty last label. */
export const longestName = 255
export const longestMessage = 65_535
/** What a sender that says nothing else takes in one datagram. */
export const plainDatagram = 512
/** Says that a name is the one that begins there. */
export function pointerTo(offset: number): readonly [number, number] {
  return [0xc0 | (offset >> 8), offset & 0xff]
}

export function short(value: number): readonly [number, number] {
  return [(value >> 8) & 0xff, value & 0xff]
}
