import { defaultPublishSettings } from '../../../core/settings/defaults.ts'

export type Size = {
  readonly services: number
  readonly tasks: number
  readonly hosts: number
}

/** What isn't in the template: how much a deployment of some size does. Each with the words that the page has for it. */
export const assumed = {
  replacedPerDay: [1, '× a day each task is replaced, by deployments, scaling and failures'],
  eventsPerTask: [4, 'events of a task’s life that the rules let through'],
  changesPerRelease: [2, 'tasks that join or leave with one release, on average'],
  pollSeconds: [1, 's between two polls of a host'],
  taskKb: [4, 'KB of ECS’s answer for one task'],
  ecsCallsPerSecond: [4, 'calls a second of reconciling, which decide how long a pass of a minute takes'],
  registerMs: [150, 'ms of the register function for one event, without any batching'],
  objectsPerRelease: [5, 'objects that a release puts into the bucket'],
  bytesPerTask: [40, 'bytes that a release stores for one task, compressed'],
  keptDays: [
    14,
    'days that an old release is stored: a week until it is swept, a week as a replaced version',
  ],
  logKbPerEvent: [2.5, 'KB of log for an event, with those that Lambda itself writes'],
  logKbPerMinute: [6, 'KB of log in a minute in which nothing happens'],
} as const satisfies Readonly<Record<string, readonly [value: number, meaning: string]>>

export const monthSeconds = 730 * 3_600
const days = 730 / 24

/** What happens in a month. */
export function usageOf({ tasks, hosts }: Size) {
  const replaced = tasks * assumed.replacedPerDay[0] * days
  const events = replaced * assumed.eventsPerTask[0]
  const mostReleases = (monthSeconds * 1_000) / defaultPublishSettings.pace.budgetEveryMs
  const releases = Math.min((2 * replaced) / assumed.changesPerRelease[0], mostReleases)
  const passes = monthSeconds / 60
  const reportsAsSignOfLife = monthSeconds / 300
  return {
    events,
    releases,
    passes,
    /** List and describe, a hundred tasks each, and one of services. */
    passSeconds: ((2 * tasks) / 100 + 1) / assumed.ecsCallsPerSecond[0],
    ecsGb: (passes * tasks * assumed.taskKb[0]) / 1e6,
    polls: (hosts * monthSeconds) / assumed.pollSeconds[0],
    /** Each host fetches the addresses of each release, and reports that it uses them, at most every half minute. */
    fetches: hosts * releases,
    reports: hosts * (Math.min(releases, monthSeconds / 30) + reportsAsSignOfLife),
    storedGb: ((releases / days) * assumed.keptDays[0] * tasks * assumed.bytesPerTask[0]) / 1e9,
    logGb: (events * assumed.logKbPerEvent[0] + passes * assumed.logKbPerMinute[0]) / 1e6,
  }
}
