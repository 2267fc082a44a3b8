import type { Mutation } from './mutation.ts'

const gate = 'core/ledger/gate.ts'
const transition = 'core/ledger/transition.ts'

/** What orders the facts about a task, and what the ledger makes of them. */
export const ledgerRules: readonly Mutation[] = [
  {
    rule: 'a lower version is dropped',
    file: gate,
    from: "  if (fact.version < entry.version) return { action: 'drop', reason: 'older' }\n  if (entry.phase",
    to: '  if (entry.phase',
    proof: 'histories',
  },
  {
    rule: 'at the same version an event never wins',
    file: gate,
    from: "  if (fact.source === 'event') return { action: 'drop', reason: 'event-never-wins' }\n",
    to: "  if (fact.source === 'event') return { action: 'write', reason: 'newer' }\n",
    proof: 'test/core/ledger/gate.test.ts',
  },
  {
    rule: 'at the same version a read wins only if it began later than what is known',
    file: gate,
    from: "  return fact.at > entry.at\n    ? { action: 'write', reason: 'read-later' }",
    to: "  return fact.at !== -1\n    ? { action: 'write', reason: 'read-later' }",
    proof: 'histories',
  },
  {
    rule: 'draining by ECS never goes back',
    file: gate,
    from: "  if (goesBack(entry, fact)) return { action: 'drop', reason: 'one-way' }\n",
    to: '',
    proof: 'test/core/ledger/gate.test.ts',
  },
  {
    rule: 'a task that stopped never comes back',
    file: gate,
    from: "    : { action: 'drop', reason: 'one-way' }\n}\n\nfunction goesBack",
    to: "    : { action: 'write', reason: 'reappeared' }\n}\n\nfunction goesBack",
    proof: 'test/core/ledger/gate.test.ts',
  },
  {
    rule: 'gone by absence yields to a statement that is not older',
    file: gate,
    from: "  return entry.reason === 'missing'\n",
    to: "  return entry.reason === 'host-loss'\n",
    proof: 'histories',
  },
  {
    rule: 'a lost host beats every read of the same version',
    file: gate,
    from: "  if (isByHost(entry) && fact.phase !== 'gone') {",
    to: "  if (isByHost(entry) && entry.phase === 'gone') {",
    proof: 'test/core/ledger/gate.test.ts',
  },
  {
    rule: 'a host that is usable again brings its tasks back',
    file: gate,
    from: "    return fact.source === 'host-back'\n",
    to: "    return fact.source === 'absence'\n",
    proof: 'histories',
  },
  {
    rule: 'a stop leaves an entry even where nothing was registered',
    file: gate,
    from: "  const idle = fact.phase === 'live' && fact.wanted.instances.length === 0",
    to: "  const idle = fact.phase !== 'live' || fact.wanted.instances.length === 0",
    proof: 'events',
  },
  {
    rule: 'nothing is written before RUNNING',
    file: 'core/task/phase.ts',
    from: "  return lastStatus === 'RUNNING' ? 'live' : 'starting'",
    to: "  return 'live'",
    proof: 'histories',
  },
  {
    rule: 'a stop shows first in the desired status',
    file: 'core/task/phase.ts',
    from: "  if (desiredStatus === 'STOPPED' || stoppingStatuses",
    to: '  if (stoppingStatuses',
    proof: 'events',
  },
  {
    rule: 'DEPROVISIONING is gone',
    file: 'core/task/phase.ts',
    from: "['DEPROVISIONING', 'STOPPED', 'DELETED']",
    to: "['STOPPED', 'DELETED']",
    proof: 'events',
  },
  {
    rule: 'a draining instance stays until its task is gone',
    file: 'core/task/phase.ts',
    from: "stoppingStatuses.has(lastStatus)) return 'draining'",
    to: "stoppingStatuses.has(lastStatus)) return 'gone'",
    proof: 'events',
  },
  {
    rule: 'draining turns the checks critical',
    file: transition,
    from: 'drain: alreadyDrained(before, entry) ? [] : known',
    to: 'drain: []',
    proof: 'events',
  },
  {
    rule: 'gone deletes what the ledger lists',
    file: transition,
    from: '{ entry, set: [], drain: [], remove: known, store: [] }',
    to: '{ entry, set: [], drain: [], remove: [], store: [] }',
    proof: 'events',
  },
  {
    rule: 'an instance that is not wanted any more is deleted',
    file: transition,
    from: '    remove: (before?.instances ?? []).filter(({ id }) => !kept.has(id)),',
    to: '    remove: [],',
    proof: 'events',
  },
  {
    rule: 'a draining task keeps the list of its instances',
    file: transition,
    from: "    instances: phase === 'gone' ? [] : known,",
    to: '    instances: [],',
    proof: 'events',
  },
]
