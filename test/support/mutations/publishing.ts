import type { Mutation } from './mutation.ts'

const channel = 'functions/publish/channel.ts'
const nextPointer = 'core/publish/next-pointer.ts'
const races = 'races'
const pointerLast = 'test/functions/publish/pointer-last.test.ts'
const rollback = 'rollback'
const wakes = 'test/functions/publish/stale-writer.test.ts'

/** What keeps publishers that race from doing harm. */
export const publishingRules: readonly Mutation[] = [
  {
    rule: 'the pointer is replaced only by who read it last',
    file: 'adapters/releases.ts',
    from: ': { IfMatch: etag }',
    to: ': {}',
    proof: races,
  },
  {
    rule: 'the first pointer replaces none',
    file: 'adapters/releases.ts',
    from: "etag === null ? { IfNoneMatch: '*' }",
    to: 'etag === null ? {}',
    proof: races,
  },
  {
    rule: 'whoever opens a channel fences it',
    file: channel,
    from: 'const published = await fence(deps)',
    to: 'const published = await readChannel(deps)',
    proof: wakes,
  },
  {
    rule: 'the fence stands before the catalog is read, not before the write',
    file: channel,
    from: 'await releases.putPointer(identity.channel, signed, channel.etag)',
    to: 'await releases.putPointer(identity.channel, signed, (await fence(deps))?.etag ?? null)',
    proof: races,
  },
  {
    rule: 'the pointer moves after everything that it names is stored',
    file: channel,
    from: 'map((content) => releases.putBlob(content))',
    to: 'map((content) => void releases.putBlob(content))',
    proof: pointerLast,
  },
  {
    rule: 'a new layout is stored before the pointer names it',
    file: channel,
    from: '[releases.putLayout(ref.sha256, layoutText(layout))]',
    to: '[void releases.putLayout(ref.sha256, layoutText(layout))]',
    proof: pointerLast,
  },
  {
    rule: 'a publisher that lost opens the channel again',
    file: 'functions/publish/follow.ts',
    from: "if (isConflict(error)) return 'conflict'\n",
    to: '',
    proof: races,
  },
  {
    rule: 'publishers that keep meeting step back',
    file: 'functions/publish/handler.ts',
    from: 'if (conflictsInARow < 2) return 0',
    to: 'return 0',
    proof: 'test/functions/publish/contention.test.ts',
  },
  {
    rule: 'generations grow whatever the clock says',
    file: 'core/release/channel.ts',
    from: 'Math.max((previous ?? 0) + 1, Math.floor(nowMs / 1000))',
    to: 'Math.floor(nowMs / 1000)',
    proof: races,
  },
  {
    rule: 'a new pointer keeps the pin of the one it replaces',
    file: nextPointer,
    from: 'previous?.pin ?? null',
    to: 'null',
    proof: races,
  },
  {
    rule: 'a pinned layout stays',
    file: 'functions/publish/composer.ts',
    from: 'channel.pinned !== null\n      ?',
    to: 'channel.pinned !== null && channel.pointer === null\n      ?',
    proof: races,
  },
  {
    rule: 'a pin that was set or taken away is noticed',
    file: 'functions/publish/pin-look.ts',
    from: 'operatedOn(current.pointer) === operatedOn(own)',
    to: 'operatedOn(own) !== undefined',
    proof: rollback,
  },
  {
    rule: 'a pinned layout is served with the servers of today',
    file: 'functions/publish/composer.ts',
    from: 'files, previous, servers, renderUpstreams',
    to: 'files, previous, channel.pinned ? new Map(Object.entries(channel.endpoints?.sources ?? {})) : servers, renderUpstreams',
    proof: rollback,
  },
  {
    rule: 'endpoints cover the layouts that a channel names',
    file: 'functions/publish/following.ts',
    from: '[...named, plan?.newest ?? null]',
    to: '[plan?.newest ?? null]',
    proof: rollback,
  },
  {
    rule: 'what vanished leaves when its task is known to have stopped',
    file: 'core/guard/vanished.ts',
    from: "entry.phase !== 'live'",
    to: "entry.phase === 'draining'",
    proof: rollback,
  },
  {
    rule: 'what vanished stays while its task is known to live',
    file: 'core/guard/vanished.ts',
    from: "return stays('it vanished from the catalog, but its task is live')",
    to: "return leaves('it vanished')",
    proof: rollback,
  },
  {
    rule: 'draining alone empties no upstream',
    file: 'core/guard/present.ts',
    from: 'if (draining.length > 0)',
    to: 'if (draining.length > 99)',
    proof: rollback,
  },
  {
    rule: 'unhealthy and waiting ones go on beside the last draining ones',
    file: 'core/guard/present.ts',
    from: '[...draining, ...open]',
    to: '[...draining]',
    proof: 'test/core/guard/guard.test.ts',
  },
  {
    rule: 'a service that drains as a whole gives its place to who stays',
    file: 'core/publish/look-memo.ts',
    from: ' && !leaving.has(source)',
    to: '',
    proof: 'test/core/publish/look.test.ts',
  },
]
