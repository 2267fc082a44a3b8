import { isRetryable } from '../../../core/errors.ts'
import { compose } from '../../../core/publish/compose.ts'
import { nextPointer, serialisePointer } from '../../../core/publish/next-pointer.ts'
import { type Pin, signedText } from '../../../core/release/channel.ts'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'
import { parseLayout } from '../../../core/release/parse-layout.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { type ReleaseStore, readChannel } from '../../../functions/publish/channel.ts'
import { identity } from './racer.ts'
import { createActor } from './turns.ts'
import type { World } from './world.ts'

/**
 * Pins the layout before the one in force, or that one where there is none, as an operator's command does: with the bucket and the
 * key only, by compare-and-set, again and again until it is through. Resolves to the layout.
 */
export async function pinPrevious(world: World, name = 'operator'): Promise<string | null> {
  const releases = world.releasesOf(createActor(name))
  for (;;) {
    try {
      return await tryPin(world, releases)
    } catch (error) {
      if (!isRetryable(error)) throw error
    }
  }
}

async function tryPin(world: World, releases: ReleaseStore): Promise<string | null> {
  const { signer, now } = world
  const published = await readChannel({ releases, signer, identity, now })
  if (published === null) return null
  const { pointer, etag } = published
  if (pointer.pin !== null) return pointer.pin.layout
  const ref = pointer.previousLayout ?? pointer.layout
  const layout = { layout: parseLayout(await releases.readLayout(ref.sha256), ref.sha256), ref }
  const { sources } = parseEndpoints(await releases.readBlob(pointer.endpoints.sha256))
  const composed = compose(layout, [], null, sources, renderUpstreams)
  for (const blob of composed.blobs) await releases.putBlob(blob)
  const pin: Pin = { layout: ref.sha256, reason: 'a test', frozen: false }
  const next = { ...nextPointer(pointer, composed.content, pointer.state, identity, now()), pin }
  const signature = { key: signer.keyId, value: await signer.sign(signedText(next)) }
  await releases.putPointer(identity.channel, serialisePointer({ pointer: next, signature }), etag)
  return ref.sha256
}
