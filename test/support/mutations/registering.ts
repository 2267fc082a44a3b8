import type { Mutation } from './mutation.ts'

const apply = 'functions/register/apply.ts'
const rolling = 'test/functions/register/rolling.test.ts'

/** What registering does with events, and with answers that get lost. */
export const registeringRules: readonly Mutation[] = [
  {
    rule: 'the ledger is written by compare-and-set',
    file: 'core/txn/task-plan.ts',
    from: '    casOp(ledgerKey(prefix, task.key), serialiseEntry(entry), before.index, entry.version),',
    to: '    setOp(ledgerKey(prefix, task.key), serialiseEntry(entry)),',
    proof: 'events',
  },
  {
    rule: 'health is followed up without waiting for reconcile',
    file: 'functions/register/tasks.ts',
    from: '  await followUp(',
    to: '  if (batch === null) await followUp(',
    proof: rolling,
  },
  {
    rule: 'of one task the highest version in a batch counts',
    file: 'functions/register/batch.ts',
    from: '  if (a === undefined || b.task.version > a.task.version) return b',
    to: '  if (a === undefined || b.task.version !== a.task.version) return b',
    proof: 'events',
  },
  {
    rule: 'an old event is confirmed by a read',
    file: 'functions/register/observe.ts',
    from: '  } else if (deps.now() - news.at <= trustMs) {',
    to: '  } else if (deps.now() - news.at <= trustMs * 10_000) {',
    proof: 'histories',
  },
  {
    rule: 'a message is acknowledged only when its task is done',
    file: 'functions/register/tasks.ts',
    from: "      if (result.result === 'failed') batch.fail(record, result.error, arn)\n      else batch.settle(record)",
    to: '      batch.settle(record)',
    proof: 'events',
  },
  {
    rule: 'a conflict is read and judged again',
    file: apply,
    from: "  if (outcome.result === 'conflict' || outcome.result === 'held') return 'again'",
    to: "  if (outcome.result === 'conflict') return written(judged, now)\n  if (outcome.result === 'held') return 'again'",
    proof: 'events',
  },
  {
    rule: 'a write whose answer was lost is not taken for done',
    file: apply,
    from: "  if (outcome.result === 'unknown') {",
    to: "  if (outcome.result === 'unknown') return written(judged, now)\n  if (outcome.result === 'unknown') {",
    proof: 'events',
  },
  {
    rule: 'what was rolled back with a refused task is sent again',
    file: 'adapters/consul/submit.ts',
    from: '  const others = plans.filter((plan) => !failed.has(plan))\n  const rest = await submitAll(others, ',
    to: '  const others = plans.filter((plan) => !failed.has(plan))\n  for (const plan of others) failed.set(plan, { result: "committed" })\n  const rest = await submitAll([], ',
    proof: 'events',
  },
  {
    rule: 'additions go before what is taken out',
    file: 'core/txn/pack.ts',
    from: 'rank(a) - rank(b)',
    to: 'rank(b) - rank(a)',
    proof: rolling,
  },
  {
    rule: 'a drain looks at the waiting instances of its service first',
    file: 'functions/register/waiting.ts',
    from: '  if (drains.length === 0) return',
    to: '  if (drains.length >= 0) return',
    proof: rolling,
  },
  {
    rule: 'a lost host drains its tasks',
    file: 'functions/register/host-news.ts',
    from: "news.state === 'usable' ? await restore(tasks, deps) : await drainAll(tasks, news, deps)",
    to: 'await restore(tasks, deps)',
    proof: 'test/functions/register/handler.test.ts',
  },
]
