import type { Mutation } from './mutation.ts'

const guard = 'core/guard/guard.ts'
const vanished = 'core/guard/vanished.ts'
const accidents = 'accidents'

/** What keeps traffic on those who live while Consul doesn't tell the truth, and off those who stopped. */
export const guardingRules: readonly Mutation[] = [
  {
    rule: 'a missing entry waits for a reconcile pass that began after the loss',
    file: vanished,
    from: 'stamp.at > since + clockSkewMs',
    to: 'stamp.at > 0',
    proof: accidents,
  },
  {
    rule: 'a task that is live by the ledger is held',
    file: vanished,
    from: "return stays('it vanished from the catalog, but its task is live')",
    to: "return leaves('it vanished')",
    proof: accidents,
  },
  {
    rule: 'a task that the ledger knows to have stopped is not held',
    file: vanished,
    from: "if (entry.phase !== 'live') return",
    to: "if (entry.phase === 'draining') return",
    proof: accidents,
  },
  {
    rule: 'without evidence an instance is held',
    file: vanished,
    from: 'entry === undefined) return stays(beingLookedUp)',
    to: 'entry === undefined) return leaves(beingLookedUp)',
    proof: accidents,
  },
  {
    rule: 'a doubt is as old as the first look that missed the instance',
    file: guard,
    from: 'since: missed }))]',
    to: 'since: context.now }))]',
    proof: accidents,
  },
  {
    rule: 'a task that ends says nothing of another one at its address',
    file: guard,
    from: 'return isInUse(other.verdict) ||',
    to: 'return true ||',
    proof: 'test/core/guard/guard.test.ts',
  },
  {
    rule: 'an address that another task has now is not held',
    file: guard,
    from: 'if (owner !== undefined && owner !== member.ledger)',
    to: 'if (owner === null)',
    proof: accidents,
  },
  {
    rule: 'a service that could not be read stays as it was',
    file: 'core/publish/look-memo.ts',
    from: '!services.has(source) && !followed.has(source)',
    to: '!services.has(source)',
    proof: accidents,
  },
  {
    rule: 'what the layouts in force name is followed whatever the list says',
    file: 'core/publish/followed.ts',
    from: '...operatorSources, ...sourced]',
    to: '...operatorSources]',
    proof: accidents,
  },
  {
    rule: 'what is held keeps its routes',
    file: 'core/route/candidates.ts',
    from: 'isHeld ? null : ',
    to: '',
    proof: accidents,
  },
  {
    rule: 'who knew another epoch distrusts what Consul lost',
    file: 'core/guard/epoch.ts',
    from: 'changedAt !== null && now',
    to: 'changedAt === 0 && now',
    proof: 'test/core/publish/look.test.ts',
  },
  {
    rule: 'the epoch is read before there is a doubt',
    file: 'core/publish/look.ts',
    from: 'if (evidence === null) return now\n  if (questions.length === 0) return null',
    to: 'if (questions.length === 0) return null\n  if (evidence === null) return now',
    proof: 'test/functions/publish/ask-ledger.test.ts',
  },
  {
    rule: 'what is remembered is left to the next publisher',
    file: 'functions/publish/follow.ts',
    from: 'await keeper.leave()',
    to: 'await Promise.resolve()',
    proof: 'test/functions/publish/hand-over.test.ts',
  },
]
