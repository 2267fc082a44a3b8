import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../support/faults/call.ts'
import type { FaultKind } from '../../support/faults/kinds.ts'
import { openStage } from '../../support/faults/stage.ts'

type Lasting = {
  readonly kind: FaultKind
  /** Of which calls, by label. */
  readonly of: RegExp
  readonly and?: { readonly kind: FaultKind; readonly of: RegExp }
  /** How many passes in a row see it, and how far apart they are. */
  readonly passes: number
  readonly everyMs: number
  /** The name of a log line that tells of it; null where the pass can do its work all the same. */
  readonly tells: RegExp | null
}

const failed = /^reconcile-failed$|^reconcile-partial$|^listing-failed$|^page-failed$/
const half = 31_000
const long = 7 * 60_000

const faults: Readonly<Record<string, Lasting>> = {
  'every list throttled': { kind: 'throttle', of: /ListTasks/, passes: 2, everyMs: half, tells: failed },
  'the later pages timing out': {
    kind: 'timeout',
    of: /ListTasks RUNNING #[23]/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'the list of stopping tasks cut off': {
    kind: 'truncated',
    of: /ListTasks STOPPED/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'every description failing': {
    kind: 'server-error',
    of: /DescribeTasks/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'every description saying nothing': {
    kind: 'bare',
    of: /DescribeTasks/,
    passes: 3,
    everyMs: long,
    tells: /^tasks-unanswered$/,
  },
  'every list empty, the tasks being described': {
    kind: 'empty',
    of: /ListTasks/,
    passes: 3,
    everyMs: long,
    tells: null,
  },
  'every list empty, descriptions too': {
    ...{ kind: 'empty', of: /ListTasks/, and: { kind: 'empty', of: /DescribeTasks/ } },
    ...{ passes: 3, everyMs: long, tells: /^tasks-unanswered$/ },
  },
  'a cluster that seems to be gone': {
    ...{ kind: 'empty', of: /ListTasks/, and: { kind: 'all-missing', of: /DescribeTasks/ } },
    ...{ passes: 4, everyMs: long, tells: /^reconcile-contradiction$/ },
  },
  'all tasks missing in one pass': {
    kind: 'all-missing',
    of: /DescribeTasks/,
    passes: 1,
    everyMs: half,
    tells: /^tasks-unanswered$/,
  },
  'all tasks missing in pass after pass, though listed': {
    ...{ kind: 'all-missing', of: /DescribeTasks/, passes: 3, everyMs: long, tells: /^tasks-unanswered$/ },
  },
  'later pages empty and their tasks missing': {
    ...{ kind: 'empty', of: /ListTasks RUNNING #2/, and: { kind: 'all-missing', of: /DescribeTasks #[23]/ } },
    ...{ passes: 2, everyMs: half, tells: /^deletes-held$|^reconcile-contradiction$/ },
  },
  'later pages empty and nothing said of their tasks': {
    ...{ kind: 'empty', of: /ListTasks RUNNING #2/, and: { kind: 'bare', of: /DescribeTasks #[23]/ } },
    ...{ passes: 4, everyMs: long, tells: /^tasks-unanswered$/ },
  },
  'every read of keys refused': {
    kind: 'throttle',
    of: /consul GET .*kv/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'every read of Consul cut off': {
    kind: 'truncated',
    of: /consul GET/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'every write without leader': {
    kind: 'server-error',
    of: /consul PUT/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'a page of somebody else instead of Consul': {
    kind: 'not-json',
    of: /consul/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
  'a page of somebody else instead of ECS': {
    kind: 'not-json',
    of: /ecs/,
    passes: 2,
    everyMs: half,
    tells: failed,
  },
}

test('reconciling through faults that last', async (t) => {
  const { world, fleet, proxies, reconcile, cleanPass, wait, consul } = await openStage(t)
  for (let n = 0; n < 210; n++) world.start(`task-${n}`)
  await cleanPass()
  await fleet.assertTrue()

  function planOf({ kind, of, and }: Lasting) {
    return (call: Call): FaultKind | null => {
      if (of.test(call.label)) return kind
      return and?.of.test(call.label) ? and.kind : null
    }
  }

  let round = 0
  for (const [name, lasting] of Object.entries(faults)) {
    await t.test(`${name}: nothing that lives is deleted, and the pass after it repairs`, async () => {
      const [stopped = '', lost = '', ...others] = world.live().map(({ id }) => id)
      world.stop(stopped)
      await fleet.lose(lost)
      world.start(`new-${++round}`)
      const events: string[] = []
      for (let pass = 0; pass < lasting.passes; pass++) {
        wait(lasting.everyMs)
        proxies.setPlan(planOf(lasting))
        const { lines } = await reconcile({}, true)
        events.push(...lines.filter(({ level }) => level !== 'info').map(({ event }) => event))
        await fleet.assertServing(others)
      }
      await cleanPass()
      await fleet.assertTrue()
      const { tells } = lasting
      const told = tells === null || events.some((event) => tells.test(event))
      assert.ok(told, `only ${events.join() || 'nothing'} was said`)
    })
  }

  await t.test('a Consul that lost everything is filled again by one pass', async () => {
    await consul.restart()
    await cleanPass()
    await fleet.assertTrue()
  })
})
