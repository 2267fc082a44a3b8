import type { MetricName } from '../../core/settings/metric-names.ts'

/** An alarm on what Quayside's functions measure themselves. */
export type OwnAlarm = {
  readonly metric: MetricName
  /** Of the values of one minute. */
  readonly statistic: 'Sum' | 'Maximum' | 'p99'
  /** Alarms at or above it; `below` it where that is said. */
  readonly threshold: number
  readonly below?: boolean
  /** So many minutes in a row. */
  readonly minutes: number
  /** Whether a minute without any data counts as bad: for what is written every minute. */
  readonly silenceIsBad?: boolean
  /** What it means, and what to do. */
  readonly meaning: string
}

/** Publishing and hosts: what keeps nginx from following the tasks. */
const publishing = {
  PublisherStale: {
    ...{ metric: 'StaleFor', statistic: 'Maximum', threshold: 300_000, minutes: 5, silenceIsBad: true },
    meaning:
      'Hosts run on old news: the publisher is silent, or for five minutes could not read Consul or write the bucket. See the log of the Publish function for watch-failed and publish-failed.',
  },
  PublishFailing: {
    ...{ metric: 'PublishFailures', statistic: 'Sum', threshold: 1, minutes: 5 },
    meaning:
      'Releases could not be stored, signed or read for five minutes. See publish-failed in the log of the Publish function; if it names an object, "A channel can\'t be read" in OPERATIONS.md.',
  },
  PublishersFight: {
    ...{ metric: 'PublishConflicts', statistic: 'Sum', threshold: 1, minutes: 5 },
    meaning:
      'Several publishers write one bucket: Consul holds no lock, or another deployment has this bucket. Nothing wrong is published, but slowly.',
  },
  WatchesFailing: {
    ...{ metric: 'WatchesFailing', statistic: 'Maximum', threshold: 1, minutes: 10 },
    meaning:
      'Some of Consul could not be read for ten minutes; what was read is kept. See watch-failed: Consul, its token, or the network.',
  },
  ServersHeld: {
    ...{ metric: 'Held', statistic: 'Maximum', threshold: 1, minutes: 15 },
    meaning:
      'Servers vanished from Consul without proof that they are gone and still get traffic. See publish-held: is Consul whole, does reconciling run?',
  },
  OwnersChanged: {
    ...{ metric: 'OwnersChanged', statistic: 'Sum', threshold: 1, minutes: 1 },
    meaning:
      'A host name or path went over to another service. See route-problem; if that was not meant, correct the labels or name the owner in the configuration.',
  },
  CanaryRefused: {
    ...{ metric: 'CanaryRefused', statistic: 'Sum', threshold: 1, minutes: 1 },
    meaning:
      'A host of the canary channel could not use the new layout, so it is not promoted. See canary-failed for the reason.',
  },
} as const satisfies Readonly<Record<string, OwnAlarm>>

const hosts = {
  HostsRefusing: {
    ...{ metric: 'HostsRefusing', statistic: 'Maximum', threshold: 1, minutes: 2 },
    meaning:
      'A host cannot use what its channel says and keeps what it had. "quayside status" names it and why.',
  },
  HostsBehind: {
    ...{ metric: 'HostsBehind', statistic: 'Maximum', threshold: 1, minutes: 5 },
    meaning:
      'A host does not run what was published minutes ago. "quayside status" names it; see journalctl -u quayside-agent there.',
  },
  HostsGone: {
    ...{ metric: 'HostsGone', statistic: 'Maximum', threshold: 1, minutes: 2 },
    meaning:
      'A host has not reported for 15 minutes. nginx serves on what it had; see whether host and agent run and reach S3. A host that was taken away is forgotten after a day.',
  },
  HostsUnread: {
    ...{ metric: 'HostsCurrent', statistic: 'Maximum', threshold: 0, below: true, minutes: 15 },
    silenceIsBad: true,
    meaning:
      'Nobody has looked how the hosts do for 15 minutes: the publisher is silent, or may not read hosts/ in the bucket. See hosts-unread.',
  },
} as const satisfies Readonly<Record<string, OwnAlarm>>

/** Registering and reconciling: what keeps the catalog from following ECS. */
const registering = {
  EventsLate: {
    ...{ metric: 'EventAge', statistic: 'p99', threshold: 60_000, minutes: 3 },
    meaning:
      'Task events arrive a minute late. See the age of the register queue, and errors and throttles of the Register function.',
  },
  RecordsFailed: {
    ...{ metric: 'RecordsFailed', statistic: 'Sum', threshold: 1, minutes: 1 },
    meaning:
      'A task event can not be registered until somebody mends the cause. See record-failed in the log of the Register function.',
  },
  TasksRefused: {
    ...{ metric: 'TasksRefused', statistic: 'Sum', threshold: 1, minutes: 1 },
    meaning:
      'A task can not be registered as it is (too large, or its host is of a kind that is not supported) and gets no traffic. See task-failed.',
  },
  InstancesRefused: {
    ...{ metric: 'InstancesRefused', statistic: 'Sum', threshold: 1, minutes: 1 },
    meaning:
      'A port of a task has a label that can not be and gets no traffic. See instance-refused; correct the task definition.',
  },
  ReconcileSilent: {
    ...{ metric: 'PassesDone', statistic: 'Sum', threshold: 1, below: true, minutes: 15 },
    silenceIsBad: true,
    meaning:
      'No cluster was compared with Consul for 15 minutes: lost events stay lost. See the log of the Reconcile function.',
  },
  ReconcileFailing: {
    ...{ metric: 'PassesFailed', statistic: 'Sum', threshold: 1, minutes: 5 },
    meaning: 'A cluster could not be compared with Consul. See reconcile-failed for the reason.',
  },
  ReconcilePartial: {
    ...{ metric: 'PassesPartial', statistic: 'Sum', threshold: 1, minutes: 15 },
    meaning:
      'A part of a cluster could not be read or written for 15 minutes. See listing-failed and task-failed.',
  },
  Contradictions: {
    ...{ metric: 'Contradictions', statistic: 'Maximum', threshold: 1, minutes: 2 },
    meaning:
      'What ECS lists contradicts what is known to run; those tasks stay until you decide. See reconcile-contradiction and "Override" in OPERATIONS.md.',
  },
  DeletesHeld: {
    ...{ metric: 'DeletesHeld', statistic: 'Maximum', threshold: 1, minutes: 30 },
    meaning:
      'Tasks that ECS does not list are kept for half an hour, because nothing proves that they are gone. See deletes-held.',
  },
  DriftContinues: {
    ...{ metric: 'DriftRepaired', statistic: 'Sum', threshold: 1, minutes: 15 },
    meaning:
      'Somebody changes our entries in Consul again and again. See drift-repaired; find who does (consul-esm, another registrar).',
  },
  ClustersLeft: {
    ...{ metric: 'ClustersLeft', statistic: 'Maximum', threshold: 1, minutes: 15 },
    meaning:
      'A cluster out of the configuration is still in Consul and keeps its traffic. Purge it: see cluster-left.',
  },
} as const satisfies Readonly<Record<string, OwnAlarm>>

export const ownAlarms = { ...publishing, ...hosts, ...registering } as const

export type OwnAlarmName = keyof typeof ownAlarms
