import type { Mutation } from './mutation.ts'

/** What a task wants in the catalog. */
export const instancesRules: readonly Mutation[] = [
  {
    rule: 'a container that does not run does not pass',
    file: 'core/task/desired.ts',
    from: "  if (container.lastStatus !== 'RUNNING') return 'stopped'\n",
    to: '',
    proof: 'events',
  },
  {
    rule: 'an instance with a health check waits for its first verdict',
    file: 'core/task/desired.ts',
    from: "return health === 'HEALTHY' ? 'passing'",
    to: "return health !== 'UNHEALTHY' ? 'passing'",
    proof: 'histories',
  },
  {
    rule: 'a health that is unknown again says nothing new',
    file: 'core/task/health.ts',
    from: "  return read === null || read === 'UNKNOWN' ? (known ?? 'UNKNOWN') : read",
    to: "  return read === null ? (known ?? 'UNKNOWN') : read",
    proof: 'histories',
  },
  {
    rule: 'an event carries no health, so what is known stays',
    file: 'core/task/health.ts',
    from: "  return read === null || read === 'UNKNOWN' ? (known ?? 'UNKNOWN') : read",
    to: "  return read === null ? 'UNKNOWN' : read === 'UNKNOWN' ? (known ?? 'UNKNOWN') : read",
    proof: 'histories',
  },
]
