import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import type { Pin, Pointer } from '../../../core/release/channel.ts'
import { sourceKey } from '../../../core/release/endpoints.ts'
import { blobKey, layoutKey } from '../../../core/release/keys.ts'
import { parseEndpoints } from '../../../core/release/parse-endpoints.ts'
import { parseLayout } from '../../../core/release/parse-layout.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import type { World } from './world.ts'

/** One service as a release has it: the ports that take traffic and a setting. */
export type ServiceState = { readonly ports: readonly number[]; readonly method: string }

/** One state that the channel had. */
export type Release = {
  readonly pointer: Pointer
  readonly service: (name: string) => ServiceState | null
}

export function releasesOf({ bucket }: World, channel?: string): readonly Release[] {
  return bucket.pointers(channel).map((text) => releaseOf(bucket.get, parsePointer(text).pointer))
}

function releaseOf(get: (key: string) => Buffer | null, pointer: Pointer): Release {
  const content = (key: string) => get(key) ?? assert.fail(`${key} is missing`)
  const id = pointer.layout.sha256
  const layout = parseLayout(content(layoutKey(id)).toString(), id)
  const { sources } = parseEndpoints(gunzipSync(content(blobKey(pointer.endpoints.sha256))).toString())
  return {
    pointer,
    service(name) {
      const key = sourceKey(name, 'dc1')
      const upstream = layout.upstreams.find((one) => one.sources.some(({ source }) => source === key))
      if (upstream === undefined) return null
      return { ports: (sources[key] ?? []).map(({ port }) => port), method: upstream.method }
    },
  }
}

export function assertGenerationsGrow(releases: readonly Release[]): void {
  const generations = releases.map(({ pointer }) => pointer.generation)
  for (const [at, generation] of generations.entries())
    assert.ok(at === 0 || generation > (generations[at - 1] ?? 0), `generations ${generations.join(' ')}`)
}

/** From the first pin on, every release keeps it and the layout that it names. */
export function assertPinHolds(releases: readonly Release[]): Pin | null {
  const since = releases.findIndex(({ pointer }) => pointer.pin !== null)
  if (since < 0) return null
  const pin = releases[since]?.pointer.pin ?? null
  for (const { pointer } of releases.slice(since)) {
    assert.deepEqual(pointer.pin, pin, `generation ${pointer.generation} lost the pin`)
    assert.equal(pointer.layout.sha256, pin?.layout, `generation ${pointer.generation} has another layout`)
  }
  return pin
}

/**
 * What was published of a service, in order, is what the service was, in order: states may be skipped, but none comes back
 * after a later one was out, unless the service itself came back to it.
 */
export function assertNeverBackwards(
  name: string,
  states: readonly ServiceState[],
  releases: readonly Release[],
): void {
  let at = 0
  for (const release of releases) {
    const seen = release.service(name)
    if (seen === null) continue
    const later = states.findIndex((state, index) => index >= at && isShown(state, seen, release.pointer.pin))
    const words = `generation ${release.pointer.generation} shows ${name} as ${JSON.stringify(seen)}`
    assert.ok(later >= 0, `${words}, which it was not since ${JSON.stringify(states[at])}`)
    at = later
  }
}

export function assertShows(release: Release | undefined, name: string, state: ServiceState): void {
  const seen = release?.service(name) ?? null
  const pin = release?.pointer.pin ?? null
  // A pinned layout may be older than the service.
  if (pin !== null && seen === null) return
  const words = `${name} is ${JSON.stringify(state)}, published last is ${JSON.stringify(seen)}`
  assert.ok(seen !== null && isShown(state, seen, pin), words)
}

function isShown(state: ServiceState, seen: ServiceState, pin: Pin | null): boolean {
  return (pin !== null || state.method === seen.method) && state.ports.join() === seen.ports.join()
}
