import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { canonicalJson, sha256 } from '../../core/canonical.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { blobKey, layoutKey } from '../../core/release/keys.ts'
import { webRelease } from './agent-host.ts'
import { type ClockedHost, startRunningHost } from './clocked-host.ts'
import { refOf } from './release.ts'

export type HostileHost = Awaited<ReturnType<typeof startHostileHost>>

/** What is put into the bucket, and what the agent must say: `rejected` for good, or `failed` and tried again. */
export type HostileCase = readonly [
  what: string,
  put: (host: HostileHost) => Promise<unknown>,
  outcome: string,
  reason: RegExp,
]

/** Three megabytes in three kilobytes. */
export const bomb = gzipSync(Buffer.alloc(3_000_000))

const emptyLayout = { schema: 1, files: [], upstreams: [], volatile: [], renderer: 'test/1' }

/** A host that runs release "one", and a bucket in which somebody signs what no publisher would. */
export async function startHostileHost(t: TestContext) {
  const host = await startRunningHost(t)
  let { generation } = host.first.pointer
  const next = (): Pointer => {
    generation += 1
    return { ...host.first.pointer, generation }
  }
  /** Signs a reference to `content`; what is stored under it may be something else, or nothing. */
  const publishText = async (
    member: 'layout' | 'endpoints',
    content: string,
    stored: string | Uint8Array | null = content,
  ) => {
    const ref = refOf(content)
    const key = member === 'layout' ? layoutKey(ref.sha256) : blobKey(ref.sha256)
    if (stored !== null) await host.channel.put(key, stored)
    await host.channel.putPointer({ ...next(), [member]: ref })
  }
  const publishLayout = (over: object) => publishText('layout', canonicalJson({ ...emptyLayout, ...over }))
  const publishWrongFile = async (body: string | Uint8Array) => {
    generation += 1
    const right = `# ${generation}\n`
    await host.channel.put(blobKey(sha256(right)), body)
    await publishLayout({ files: [{ path: 'x.conf', context: 'http', ...refOf(right) }] })
  }
  return { ...host, next, publishText, publishLayout, publishWrongFile }
}

export async function judge(host: HostileHost, cases: readonly HostileCase[]): Promise<void> {
  const [entry, elsewhere] = [await host.entry(), filesElsewhere(host)]
  for (const [what, put, outcome, reason] of cases) {
    await put(host)
    const record = await host.cycle()
    assert.equal(record.outcome, outcome, `${what}: ${record.reason}`)
    assert.match(record.reason, reason, what)
    assert.equal(record.timings.reload, undefined, what)
  }
  assert.equal(await host.get(), 'one')
  assert.equal(await host.entry(), entry)
  assert.deepEqual(filesElsewhere(host), elsewhere)
}

export async function recovers(host: HostileHost): Promise<void> {
  await host.channel.publish(webRelease(host.port, 'two'), { generation: host.next().generation })
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal(await host.get(), 'two')
}

/** All files in the folders of this host, but for those in the state directory and nginx's own logs. */
function filesElsewhere({ settings, nginx }: ClockedHost): readonly string[] {
  const own = ['state/', 'logs/', 'temp/']
  return [dirname(settings.stateDir), nginx.prefix]
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map(String))
    .filter((name) => !own.some((folder) => name.startsWith(folder)))
    .sort()
}
