import { gunzipSync } from 'node:zlib'
import { sha256 } from '../../../core/canonical.ts'
import { acceptPointer } from '../../../core/host/accept-pointer.ts'
import { missingSources } from '../../../core/host/endpoint-diff.ts'
import { emptyState, type HostState } from '../../../core/host/host-state.ts'
import type { Ref } from '../../../core/release/channel.ts'
import { blobKey, channelKey, layoutKey } from '../../../core/release/keys.ts'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'
import { parseLayout } from '../../../core/release/parse-layout.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import { verifyPointer } from '../../../core/release/verify-pointer.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { identity } from './racer.ts'
import { createActor } from './turns.ts'
import type { World } from './world.ts'

export type PollingHost = {
  readonly polls: () => number
  /** Everything that it could not accept; a right publisher gives it nothing. */
  readonly faults: readonly string[]
}

/**
 * A host that polls whenever the pointer was moved, and takes what it finds through all checks of core. Its requests wait for turns
 * like everybody's, unless it is an `eager` one, which has read everything before anybody else moves.
 */
export function startHost(world: World, pace: 'eager' | 'slow'): PollingHost {
  const actor = createActor(`${pace} host`)
  const faults: string[] = []
  let polls = 0
  let busy = false
  let state: HostState = emptyState(identity.deployment, identity.channel)
  const get = async (key: string) => {
    const read = () => world.bucket.get(key)
    return pace === 'eager' ? read() : world.turns.call(actor, 'get', read)
  }
  async function poll(): Promise<void> {
    busy = true
    try {
      state = await readRelease(get, world, state)
    } catch (error) {
      faults.push(String(error))
    }
    busy = false
    polls += 1
  }
  world.bucket.onPut((key) => {
    if (!busy && key === channelKey(identity.channel)) void poll()
  })
  return { polls: () => polls, faults }
}

type Get = (key: string) => Promise<Buffer | null>

async function readRelease(get: Get, { keys }: World, state: HostState): Promise<HostState> {
  const stored = await get(channelKey(identity.channel))
  if (stored === null) return state
  const read = parsePointer(stored.toString())
  const pointer = verifyPointer(read, keys, identity)
  const next = acceptPointer(state, pointer, read.text)
  if (next.pointer === state.pointer) return next
  const text = await checked(get, layoutKey(pointer.layout.sha256), pointer.layout, (bytes) => bytes)
  const layout = parseLayout(text, pointer.layout.sha256)
  const blob = (ref: Ref) => checked(get, blobKey(ref.sha256), ref, gunzipSync)
  const endpoints = parseEndpoints(await blob(pointer.endpoints))
  await Promise.all(layout.files.map(blob))
  const upstreams = renderUpstreams(layout.upstreams, endpoints, { mode: 'static' })
  const same = (await blob(pointer.upstreams.http)) === upstreams.http
  if (!same) throw new Error(`generation ${pointer.generation} has other upstreams than its endpoints`)
  const unknown = missingSources(layout, endpoints)
  if (unknown.length > 0) throw new Error(`generation ${pointer.generation} lacks ${unknown.join()}`)
  return next
}

async function checked(get: Get, key: string, ref: Ref, open: (bytes: Buffer) => Buffer): Promise<string> {
  const stored = await get(key)
  if (stored === null) throw new Error(`${key} is missing`)
  const content = open(stored)
  if (content.length !== ref.size || sha256(content) !== ref.sha256)
    throw new Error(`${key} has another digest or size than was signed`)
  return content.toString()
}
