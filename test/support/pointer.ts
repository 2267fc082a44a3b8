import type { Pointer } from '../../core/release/channel.ts'

const ref = { sha256: 'a'.repeat(64), size: 3 }

/** A pointer as it stands in its object, before anybody has read it. */
export const rawPointer = {
  schema: 1,
  deployment: 'shop',
  channel: 'current',
  generation: 5,
  layout: ref,
  previousLayout: null,
  endpoints: ref,
  upstreams: { http: ref, stream: ref },
  volatile: [],
  state: ref,
  pin: null,
  created: '2026-11-20T12:00:00.000Z',
  expires: '2026-11-23T12:00:00.000Z',
}

/** The same as read, with whatever a test is about. */
export function testPointer(over: Partial<Pointer> = {}): Pointer {
  return { ...rawPointer, schema: 1, deployment: 'test', ...over }
}
