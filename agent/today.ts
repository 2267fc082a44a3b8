import type { Installed } from '../core/host/host-state.ts'
import { renewed, sharedVolatile } from '../core/host/shared-volatile.ts'
import type { Pointer, Ref } from '../core/release/channel.ts'
import type { Layout } from '../core/release/layout.ts'
import { parseLayout } from '../core/release/parse-layout.ts'
import type { Host } from './host.ts'

/**
 * The confirmed configuration with today's bytes of the volatile files that the offered layout makes in the same way: where that layout
 * doesn't work here, addresses in these files must follow as all others do.
 */
export async function confirmedToday(host: Host, offered: Pointer): Promise<Installed | null> {
  const { confirmed } = host.state.current
  if (confirmed === null || confirmed.layout.sha256 === offered.layout.sha256) return confirmed
  const isSame = confirmed.volatile.every(({ path, sha256 }) =>
    offered.volatile.some((file) => file.path === path && file.sha256 === sha256),
  )
  if (isSame) return confirmed
  const shared = await sharedPaths(host, confirmed.layout, offered.layout)
  return { ...confirmed, volatile: renewed(confirmed.volatile, offered.volatile, shared) }
}

/** None as long as one of the layouts isn't on disk, or can't be read: then nothing was tried with it yet. */
async function sharedPaths({ memory, blobs }: Host, a: Ref, b: Ref): Promise<ReadonlySet<string>> {
  const of = `${a.sha256} ${b.sha256}`
  if (memory.shared?.of === of) return memory.shared.paths
  const layouts = await Promise.all(
    [a, b].map(async (ref): Promise<Layout | null> => {
      const text = await blobs.held(ref)
      return text === null ? null : parseLayout(text.toString(), ref.sha256)
    }),
  ).catch(() => [])
  const [first = null, second = null] = layouts
  if (first === null || second === null) return new Set()
  memory.shared = { of, paths: sharedVolatile(first, second) }
  return memory.shared.paths
}
