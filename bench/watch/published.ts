import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { sourceKey } from '../../core/release/endpoints.ts'
import { blobKey, channelKey } from '../../core/release/keys.ts'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { LocalS3 } from '../../local/aws/s3/start.ts'
import { settings } from '../instances.ts'
import { withTimeout } from '../timeout.ts'
import type { Change, Expected } from './changes.ts'
import { write } from './fill-consul.ts'
import { clockMs } from './subject.ts'

const { channel, pace } = settings.publish
const longestMs = 60_000
/** Beyond this after a publication, the pace lets the next change out at once. */
const gapMs = pace.quietMs + 500

/** The moments at which the pointer was put. */
export type PointerClock = { readonly next: () => Promise<number>; readonly first: Promise<number> }

export function watchPointer(s3: LocalS3): PointerClock {
  const first = Promise.withResolvers<number>()
  let next = first
  s3.setBeforeCommit(({ key }) => {
    if (key !== channelKey(channel)) return
    next.resolve(clockMs())
    next = Promise.withResolvers()
  })
  return { next: () => next.promise, first: first.promise }
}

/**
 * Milliseconds from Consul's answer to the put of the pointer, for changes that come after quiet: otherwise the pace would be what
 * is measured. `last` is the change before them. Throws where a release doesn't hold its change.
 */
export async function measurePublished(
  client: ConsulClient,
  s3: LocalS3,
  pointer: PointerClock,
  changes: readonly Change[],
  last: Change | undefined,
): Promise<readonly number[]> {
  const samples: number[] = []
  await settled(s3, last)
  for (const { kind, ops, expected } of changes) {
    await delay(gapMs)
    const put = pointer.next()
    await write(client, ops)
    const acknowledged = clockMs()
    const at = await withTimeout(put, longestMs, `a change of ${kind} was not published`)
    // Its condition is judged after we were told of it.
    await delay(20)
    if (!isPublished(s3, expected)) throw new Error(`the release after a change of ${kind} doesn't hold it`)
    samples.push(Math.max(0, at - acknowledged))
  }
  return samples
}

async function settled(s3: LocalS3, last: Change | undefined): Promise<void> {
  const until = clockMs() + longestMs
  while (last !== undefined && !isPublished(s3, last.expected)) {
    if (clockMs() > until)
      throw new Error(`a change of ${last.kind} was not published within ${longestMs} ms`)
    await delay(100)
  }
}

function isPublished(s3: LocalS3, { service, address, port, weight, present }: Expected): boolean {
  const objects = s3.objects(settings.bucket)
  const { pointer } = parsePointer(objects.get(channelKey(channel))?.toString() ?? '')
  const blob = objects.get(blobKey(pointer.endpoints.sha256))
  if (blob === undefined) throw new Error('the pointer names endpoints that are not stored')
  const { sources } = parseEndpoints(gunzipSync(blob).toString())
  const servers = sources[sourceKey(service, settings.datacenter)] ?? []
  const found = servers.find((server) => server.address === address && server.port === port)
  return present ? found?.weight === weight : found === undefined
}
