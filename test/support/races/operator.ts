import { isRetryable } from '../../../core/errors.ts'
import { type Content, compose } from '../../../core/publish/compose.ts'
import { nextPointer, serialisePointer } from '../../../core/publish/next-pointer.ts'
import { type Pin, type Pointer, type Ref, signedText } from '../../../core/release/channel.ts'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'
import { parseLayout } from '../../../core/release/parse-layout.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { type Published, type ReleaseStore, readChannel } from '../../../functions/publish/channel.ts'
import { identity } from './racer.ts'
import { createActor } from './turns.ts'
import type { World } from './world.ts'

/**
 * Pins a layout as an operator's command does: with the bucket and the key only, by compare-and-set, again and again until it
 * is through. `choose` names the layout by what is in force. Leaves a pin that is there. Resolves to the pinned layout.
 */
export function pinLayout(world: World, choose: (pointer: Pointer) => Ref): Promise<string | null> {
  return operate(world, async (releases, { pointer, etag }) => {
    if (pointer.pin !== null) return pointer.pin.layout
    const ref = choose(pointer)
    const layout = { layout: parseLayout(await releases.readLayout(ref.sha256), ref.sha256), ref }
    const { sources } = parseEndpoints(await releases.readBlob(pointer.endpoints.sha256))
    const composed = compose(layout, [], null, new Map(Object.entries(sources)), renderUpstreams)
    for (const blob of composed.blobs) await releases.putBlob(blob)
    const pin: Pin = { layout: ref.sha256, reason: 'a test', frozen: false }
    // Files that an operator's template makes only a publisher can make: it finds the pin and moves the channel.
    const content = layout.layout.volatile.length > 0 ? pointer : composed.content
    await put(world, releases, pointer, content, pin, etag)
    return ref.sha256
  })
}

export function unpin(world: World): Promise<null> {
  return operate(world, async (releases, { pointer, etag }) => {
    await put(world, releases, pointer, pointer, null, etag)
    return null
  })
}

export function previousOrCurrent({ previousLayout, layout }: Pointer): Ref {
  return previousLayout ?? layout
}

/** Many publishers may be in its way, but not for ever. */
const mostTries = 1_000

async function operate<T>(
  world: World,
  act: (releases: ReleaseStore, published: Published) => Promise<T>,
): Promise<T | null> {
  const releases = world.releasesOf(createActor('operator'))
  for (let tries = 1; ; tries += 1) {
    try {
      const published = await readChannel({ releases, identity })
      return published === null ? null : await act(releases, published)
    } catch (error) {
      if (!isRetryable(error) || tries === mostTries) throw error
    }
  }
}

async function put(
  { signer, now }: World,
  releases: ReleaseStore,
  before: Pointer,
  content: Content,
  pin: Pin | null,
  etag: string,
): Promise<void> {
  const pointer = { ...nextPointer(before, content, before.state, identity, now()), pin }
  const signature = { key: signer.keyId, value: await signer.sign(signedText(pointer)) }
  await releases.putPointer(identity.channel, serialisePointer({ pointer, signature }), etag)
}
