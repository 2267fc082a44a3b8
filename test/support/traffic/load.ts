import assert from 'node:assert/strict'
import { get } from '../../../local/script/get.ts'
import { startTraffic, type Target } from '../../../local/script/traffic.ts'

/** Requests without pause through nginx; `end` fails if one of them failed, or if there were none. */
export type Load = { readonly end: () => Promise<void> }

/** `serving` counts the instances that answer at this moment: with none, a failure is the right answer. */
export function startLoad(
  target: Target,
  { serving = () => 1, isCurrent = () => true }: { serving?: () => number; isCurrent?: () => boolean } = {},
): Load {
  const traffic = startTraffic({ targets: [target], everyMs: 10, serving, isCurrent, now: Date.now })
  return {
    async end() {
      const { requests, failed, failures } = await traffic.stop()
      assert.equal(failed, 0, failures.join('\n'))
      assert.ok(requests > 20, `${requests} requests`)
    },
  }
}

/** How many of `count` requests each task answers; an answer other than 200 counts under its status. */
export async function share({ url, hostName }: Target, count: number): Promise<Record<string, number>> {
  const shares: Record<string, number> = {}
  for (let n = 0; n < count; n += 1) {
    const { status, taskId } = await get(url, hostName, false)
    const who = status === 200 ? (taskId ?? '') : String(status)
    shares[who] = (shares[who] ?? 0) + 1
  }
  return shares
}
