import type { Mutation } from './mutation.ts'

const absence = 'core/reconcile/absence.ts'
const repair = 'functions/reconcile/repair.ts'

/** What reconcile concludes from what ECS lists. */
export const reconcilingRules: readonly Mutation[] = [
  {
    rule: 'reconcile lists both desired statuses',
    file: 'functions/reconcile/listing.ts',
    from: "listTasks(clusterArn, 'STOPPED')",
    to: "listTasks(clusterArn, 'RUNNING')",
    proof: 'test/functions/reconcile/both-lists.test.ts',
  },
  {
    rule: 'a pass that could not read all of ECS stamps nothing',
    file: 'functions/reconcile/cluster.ts',
    from: '    if (done.failure !== null) {',
    to: '    if (done.failure === undefined) {',
    proof: 'test/functions/reconcile/partial.test.ts',
  },
  {
    rule: 'a service that says it runs more than is listed is a contradiction',
    file: 'core/reconcile/services.ts',
    from: '(running.get(service) ?? 0) > (left.get(service) ?? 0)',
    to: '(running.get(service) ?? 0) < (left.get(service) ?? 0)',
    proof: 'test/functions/reconcile/services.test.ts',
  },
  {
    rule: 'what ECS does not list is asked for by name',
    file: 'functions/reconcile/listing.ts',
    from: 'const asked = [...listed, ...unseen]',
    to: 'const asked = [...listed]',
    proof: 'histories',
  },
  {
    rule: 'absence counts only when a second look says so',
    file: absence,
    from: 'const secondLookMs = 30_000',
    to: 'const secondLookMs = 0',
    proof: 'histories',
  },
  {
    rule: 'a task that was seen again begins anew',
    file: absence,
    from: '[...missing.keys()].map((id) => [id, before[id] ?? pass.at])',
    to: '[...Object.keys(before), ...missing.keys()].map((id) => [id, before[id] ?? pass.at])',
    proof: 'histories',
  },
  {
    rule: 'many absences at once wait ten minutes',
    file: absence,
    from: 'const waitMs = many ? breakerMs : secondLookMs',
    to: 'const waitMs = secondLookMs',
    proof: 'test/core/reconcile/absence.test.ts',
  },
  {
    rule: 'a cluster that seems empty is a contradiction',
    file: absence,
    from: '  if (contradiction && !pass.override) return contradicted(missing)\n',
    to: '',
    proof: 'histories',
  },
  {
    rule: 'only an override resolves a contradiction',
    file: absence,
    from: '  if (contradiction && !pass.override) return',
    to: '  if (contradiction) return',
    proof: 'histories',
  },
  {
    rule: 'what is proven absent is removed',
    file: repair,
    from: '  const removed = await removeAbsent(settings, gone, known, apply)',
    to: '  const removed = await removeAbsent(settings, [], known, apply)',
    proof: 'histories',
  },
  {
    rule: 'drift is repaired',
    file: 'functions/reconcile/repair-drift.ts',
    from: '    return drift === null\n',
    to: '    return drift !== undefined\n',
    proof: 'histories',
  },
  {
    rule: 'entries without a ledger entry are known all the same',
    file: 'core/reconcile/known.ts',
    from: 'new Set([...ledger.keys(), ...byTask.keys()])',
    to: 'new Set([...ledger.keys()])',
    proof: 'histories',
  },
  {
    rule: 'a tombstone stays for a day',
    file: 'core/reconcile/tombstones.ts',
    from: 'const keptMs = 24 * 3_600_000',
    to: 'const keptMs = 0',
    proof: 'histories',
  },
  {
    rule: 'a returned host is noticed without an event',
    file: repair,
    from: "await applyObservations([...back], apply, 'host-back')",
    to: 'await applyObservations([...back], apply)',
    proof: 'histories',
  },
  {
    rule: 'passes do not overlap',
    file: 'functions/reconcile/lease.ts',
    from: '  if (before !== null && deadlineOf(before.value) > times.now) return null\n',
    to: '',
    proof: 'test/functions/reconcile/overlap.test.ts',
  },
]
